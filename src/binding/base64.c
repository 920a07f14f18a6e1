/* Base64 for what JSON carries that way: images in, data: URLs out. */
#include "base64.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binding.h"

/* What one step decodes into a file: 48 KiB of it. */
enum { STEP = 64 * 1024 };

static int not_base64(lua_State *L) {
  lua_pushnil(L);
  lua_pushliteral(L, "not base64: expected letters, digits, +, / and padding "
                     "at the end, in one line");
  return 2;
}

/* The result grows in the pieces that luaL_prepbuffer gives, of whole groups:
 * a memory error loses nothing. */
static int base64_encode(lua_State *L) {
  size_t n, take, most = LUAL_BUFFERSIZE / 4 * 3;
  const char *bytes = luaL_checklstring(L, 1, &n);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (; n; n -= take, bytes += take) {
    take = n < most ? n : most;
    ll_base64_encode(luaL_prepbuffer(&b), bytes, take);
    luaL_addsize(&b, ll_base64_encoded_size(take));
  }
  luaL_pushresult(&b);
  return 1;
}

/* Decodes the first of the n characters left, the last group only when they
 * are all taken. */
static ll_status decode_step(void *to, const char *text, size_t take,
                             size_t left) {
  return take < left ? ll_base64_decode_piece(to, text, take)
                     : ll_base64_decode(to, text, take);
}

static int base64_decode(lua_State *L) {
  size_t n, take, most = LUAL_BUFFERSIZE / 4 * 4;
  const char *text = luaL_checklstring(L, 1, &n);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (; n; n -= take, text += take) {
    size_t size;
    take = n < most ? n : most;
    size = take < n ? take / 4 * 3 : ll_base64_decoded_size(text, take);
    if (decode_step(luaL_prepbuffer(&b), text, take, n) != LL_OK)
      return not_base64(L);
    luaL_addsize(&b, size);
  }
  luaL_pushresult(&b);
  return 1;
}

/* ---- into a file ---- */

/* Writes it all; returns 0 or errno. */
static int write_all(int fd, const char *bytes, size_t n) {
  while (n) {
    ssize_t done = write(fd, bytes, n);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    bytes += done;
    n -= (size_t)done;
  }
  return 0;
}

/* Returns 0, an errno, or -1 when the text is not base64. */
static int decode_into(int fd, char *step, const char *text, size_t n) {
  int problem = 0;
  while (n && !problem) {
    size_t take = n < STEP ? n : STEP;
    size_t size = take < n ? take / 4 * 3 : ll_base64_decoded_size(text, take);
    if (decode_step(step, text, take, n) != LL_OK) return -1;
    problem = write_all(fd, step, size);
    text += take;
    n -= take;
  }
  return problem;
}

/* Only a regular file is taken away: the path may be a device or a pipe. */
static int close_file(int fd, const char *path, int problem) {
  struct stat st;
  int regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
  if (close(fd) != 0 && errno != EINTR && !problem) problem = errno;
  if (problem && regular) unlink(path);
  return problem;
}

static int file_failure(lua_State *L, const char *path, int problem) {
  lua_pushnil(L);
  lua_pushfstring(L, "cannot write '%s': %s", path, strerror(problem));
  llb_pushinteger(L, problem);
  return 3;
}

/* core.base64_to_file(text, path): true, or nil, message, errno. Nothing raises
 * while the file is open. */
static int base64_to_file(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  const char *path = luaL_checkstring(L, 2);
  char *step = lua_newuserdata(L, STEP / 4 * 3);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int problem;
  if (fd < 0) return file_failure(L, path, errno);
  problem = close_file(fd, path, decode_into(fd, step, text, n));
  if (problem < 0) return not_base64(L);
  if (problem) return file_failure(L, path, problem);
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg functions[] = {{"base64_encode", base64_encode},
                                     {"base64_decode", base64_decode},
                                     {"base64_to_file", base64_to_file},
                                     {NULL, NULL}};

void llb_open_base64(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
}
