# litellm for Lua. `make help` lists the targets.
LUA ?= 5.4
CFLAGS ?= -O2 -g
WARN = -std=c99 -Wall -Wextra -Wshadow -Wconversion -Wpointer-arith -Wcast-qual \
  -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
ALL_CFLAGS = $(WARN) $(CFLAGS) -fPIC -fvisibility=hidden $(CPPFLAGS)

CURL_CFLAGS := $(shell pkg-config --cflags libcurl 2>/dev/null)
CURL_LIBS := $(shell pkg-config --libs libcurl 2>/dev/null || echo -lcurl)
# A module for LuaJIT is built on PUC 5.1's headers: one file then serves both.
LUA_ABI = $(patsubst luajit,5.1,$(LUA))
LUA_CFLAGS := $(shell pkg-config --cflags lua$(LUA_ABI) 2>/dev/null)
CJSON_A := $(wildcard $(shell pkg-config --variable=libdir lua$(LUA_ABI) 2>/dev/null)/liblua$(LUA_ABI)-cjson.a)

B = build/$(LUA)
CORE_SRC := $(wildcard src/core/*.c)
BINDING_SRC := $(wildcard src/binding/*.c)
CORE_OBJ = $(CORE_SRC:src/%.c=build/%.o)
BINDING_OBJ = $(BINDING_SRC:src/%.c=$(B)/obj/%.o)
HEADERS := $(wildcard src/core/*.h src/binding/*.h src/host/*.h src/host/mock/*.h)

all: module

module: $(B)/litellm/core.so

$(B)/litellm/core.so: $(CORE_OBJ) $(BINDING_OBJ)
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) -Wl,--exclude-libs,ALL -o $@ $^ $(CJSON_A) $(CURL_LIBS) -lm

build/core/%.o: src/core/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(CURL_CFLAGS) -c -o $@ $<

$(B)/obj/binding/%.o: src/binding/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(CURL_CFLAGS) $(LUA_CFLAGS) -Isrc/core $(if $(CJSON_A),-DLL_WITH_CJSON) -c -o $@ $<

clean:
	rm -rf build litelua lua/litellm/core.so

.PHONY: all module clean
