# litellm for Lua. `make help` lists the targets.
VERSION := $(shell sed -n 's/^return "\(.*\)"/\1/p' lua/litellm/version.lua)
LUA ?= 5.4
PREFIX ?= /usr/local
BUILD ?= build
CFLAGS ?= -O3 -g
WERROR ?=
WARN = -std=c99 -Wall -Wextra -Wshadow -Wconversion -Wpointer-arith -Wcast-qual \
  -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef $(WERROR)
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
COMPILE = $(CC) $(WARN) $(CFLAGS) -fPIC -fvisibility=hidden -MMD -MP $(CPPFLAGS)

ifeq ($(shell uname -s),Darwin)
SHARED = -bundle -undefined dynamic_lookup
else
SHARED = -shared -Wl,--exclude-libs,ALL
CJSON_OBJ = $(BUILD)/module/cjson_stderr.o
WRAP = -Wl,--wrap=stderr
EXPORT = -Wl,--dynamic-list=src/host/exports.list
GROUP = -Wl,--start-group
GROUP_END = -Wl,--end-group
endif

# V=1 shows the commands.
ifeq ($(V),)
Q = @
say = @printf '  %-5s %s\n' $1 $2
endif

# Everything below that asks pkg-config is expanded in a recipe: only what is
# built is asked for, and after `script/setup` has run.
cflags = $(shell pkg-config --cflags $1 2>/dev/null)
known = $(firstword $(foreach p,$1,$(shell pkg-config --exists $p 2>/dev/null && echo $p)))
libs = $(or $(shell pkg-config --libs $1 2>/dev/null),$2)
# The static archive of library $2 of package $1, or nothing.
archive = $(wildcard $(shell pkg-config --variable=libdir $1 2>/dev/null)/lib$2.a)

# A module for LuaJIT is built on PUC 5.1's headers: one file then serves both.
abi = $(patsubst luajit,5.1,$1)
lua_package = $(call known,lua$(call abi,$1) lua-$(call abi,$1) lua$(subst .,,$(call abi,$1)) $(if $(filter 5.1,$(call abi,$1)),luajit))
lua_cflags = $(call cflags,$(call lua_package,$1))
cjson = $(call archive,$(call lua_package,$1),lua$(call abi,$1)-cjson)

ALL_LUAS = 5.1 5.2 5.3 5.4 luajit
CORE_OBJ := $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/core/*.c))
BINDING := $(patsubst src/%.c,%.o,$(wildcard src/binding/*.c))
HOST_OBJ := $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/host/*.c src/host/mock/*.c $(HOST_MORE)))
LUA_FILES := $(filter-out lua/litellm/types.lua,$(shell find lua/litellm -name '*.lua' 2>/dev/null | LC_ALL=C sort))
CORE_TESTS := $(patsubst spec/core/%.c,$(BUILD)/spec/%,$(wildcard spec/core/test_*.c))

LITELUA ?= litelua

all: $(LITELUA) module                  ## ./litelua and build/5.4/litellm/core.so

module: $(BUILD)/$(LUA)/litellm/core.so ## the module alone, for LUA=5.1, 5.2, 5.3, 5.4 or luajit

modules: $(ALL_LUAS:%=$(BUILD)/%/litellm/core.so) ## the modules for all five

plugin: lua/litellm/core.so            ## lua/litellm/core.so for LuaJIT and 5.1: a clone is then a Neovim plugin

lua/litellm/core.so: $(BUILD)/luajit/litellm/core.so
	$(call say,CP,$@)
	$(Q)cp $< $@

$(BUILD)/core/%.o: src/core/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) $(call cflags,libcurl) -c -o $@ $<

$(BUILD)/module/%.o: src/module/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -c -o $@ $<

define module_rules
$(BUILD)/$1/litellm/core.so: $(CORE_OBJ) $(BINDING:%=$(BUILD)/$1/obj/%) $(CJSON_OBJ)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(SHARED) $$(WRAP) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(call cjson,$1) $$(call libs,libcurl,-lcurl) -lm

$(BUILD)/$1/obj/%.o: src/%.c
	@mkdir -p $$(@D)
	$$(call say,CC,"$$< ($1)")
	$$(Q)$$(COMPILE) $$(call cflags,libcurl) $$(call lua_cflags,$1) -Isrc/core $$(if $$(call cjson,$1),-DLL_WITH_CJSON) -c -o $$@ $$<
endef
$(foreach v,$(ALL_LUAS),$(eval $(call module_rules,$v)))

# litelua: one file with Lua 5.4, the core and lua/litellm inside. Static where
# the distribution has the archive, but for libcurl.
host_package = $(call lua_package,5.4)
HOST_LUA = $(or $(call archive,$(host_package),lua5.4),$(call libs,$(host_package),-llua))
HOST_LIBS = $(call cjson,5.4) $(HOST_LUA) \
  $(or $(call archive,libevent_core,event_core) $(call archive,libevent_core,event_extra),-levent) \
  $(or $(call archive,libpng,png16),-lpng) $(or $(call archive,libpng,z),-lz) $(EDIT_LIBS) \
  $(call libs,libcurl,-lcurl) -lm -ldl -lpthread
EDIT_LIBS = $(if $(call archive,libedit,edit),$(foreach l,edit tinfo bsd md,$(call archive,libedit,$l)),$(call libs,libedit,-ledit))

$(LITELUA): $(HOST_OBJ) $(BUILD)/host/modules.o $(BUILD)/5.4/embed/preload.o $(CORE_OBJ) $(BINDING:%=$(BUILD)/5.4/obj/%) src/host/exports.list
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(EXPORT) -o $@ $(filter %.o,$^) $(GROUP) $(HOST_LIBS) $(GROUP_END)

HOST_COMPILE = $(COMPILE) -Isrc/host $(foreach p,$(host_package) libcurl libevent libpng libedit,$(call cflags,$p)) $(if $(call known,libedit),-DLITELUA_EDIT) -DLITELUA_VERSION='"$(VERSION)"'

$(BUILD)/host/%.o: src/host/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(HOST_COMPILE) -c -o $@ $<

$(BUILD)/host/modules.o: $(BUILD)/host/modules.c
	$(Q)$(HOST_COMPILE) -c -o $@ $<

$(BUILD)/host/modules.c: $(BUILD)/tool/embed $(BUILD)/host/files $(LUA_FILES)
	$(call say,GEN,$@)
	$(Q)$< $(LUA_FILES) > $@.tmp && mv $@.tmp $@

$(BUILD)/tool/embed: src/host/tool/embed.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(HOST_COMPILE) -o $@ $< $(HOST_LUA) -lm -ldl

# Changes when a Lua file comes or goes.
$(BUILD)/host/files: FORCE
	@mkdir -p $(@D)
	@echo '$(LUA_FILES)' | cmp -s - $@ || echo '$(LUA_FILES)' > $@

$(BUILD)/spec/%: spec/core/%.c $(CORE_OBJ)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) $(call cflags,libcurl) -Isrc/core -Ispec/core -o $@ $< $(CORE_OBJ) $(call libs,libcurl,-lcurl) -lm

core-tests: $(CORE_TESTS)

# The library with allocations that are counted, and fail when they are told to.
$(BUILD)/torture/litellm.o: $(CORE_OBJ) $(BINDING:%=$(BUILD)/5.4/obj/%)
	@mkdir -p $(@D)
	$(Q)$(CC) -r -nostdlib -o $@ $^
	$(Q)$(OBJCOPY) $(foreach f,malloc calloc realloc strdup free,--redefine-sym $f=counted_$f) $@

$(BUILD)/torture/%.o: spec/torture/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) $(call cflags,libcurl) $(call cflags,$(host_package)) -c -o $@ $<

$(BUILD)/torture/torture: $(addprefix $(BUILD)/torture/,torture.o heap.o litellm.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call cjson,5.4) $(HOST_LUA) $(call libs,libcurl,-lcurl) -lm -ldl

torture: $(BUILD)/torture/torture      ## the program of script/check-torture

# A program with Lua and the library inside: one relocatable object, in which
# nothing but the names of litellm.h is global, with lua-cjson's archive where
# there is one. One archive for each Lua.
archive: $(BUILD)/$(LUA)/liblitellm.a  ## build/5.4/liblitellm.a for C programs, or for LUA=...

core: $(BUILD)/libllcore.a             ## build/libllcore.a: src/core for C programs without Lua

EMBED_FILES = $(filter-out lua/litellm/host/%,$(LUA_FILES))
EMBED_COMPILE = $(COMPILE) $(call lua_cflags,$1) -Isrc/embed -Isrc/host -c -o $$@ $$<
OBJCOPY ?= $(shell command -v objcopy || command -v llvm-objcopy || echo :)

$(BUILD)/libllcore.a: $(CORE_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/embed/modules.c: $(BUILD)/tool/embed $(BUILD)/host/files $(EMBED_FILES)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$< -t $(EMBED_FILES) > $@.tmp && mv $@.tmp $@

define embed_rules
$(BUILD)/$1/embed/preload.o: src/embed/preload.c
	@mkdir -p $$(@D)
	$$(call say,CC,"$$< ($1)")
	$$(Q)$(call EMBED_COMPILE,$1)

$(BUILD)/$1/embed/modules.o: $(BUILD)/embed/modules.c
	@mkdir -p $$(@D)
	$$(Q)$(call EMBED_COMPILE,$1)

$(BUILD)/$1/liblitellm.a: $(BUILD)/$1/embed/preload.o $(BUILD)/$1/embed/modules.o $(CORE_OBJ) $(BINDING:%=$(BUILD)/$1/obj/%)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@
	$$(Q)$$(CC) -r -nostdlib -o $(BUILD)/$1/embed/litellm.o $$^ $$(call cjson,$1)
	$$(Q)$$(OBJCOPY) --keep-global-symbol=litellm_preload --keep-global-symbol=luaopen_litellm_core $(BUILD)/$1/embed/litellm.o
	$$(Q)$$(AR) rcs $$@ $(BUILD)/$1/embed/litellm.o
endef
$(foreach v,$(ALL_LUAS),$(eval $(call embed_rules,$v)))

# The same litelua with a libcurl of its own, and so built apart: on that one's
# headers, by a make that finds it first.
static: script/static-curl             ## build/static/litelua, with libcurl and OpenSSL inside
	@script/setup build static
	@test -e $(BUILD)/static/curl/libcurl.pc || script/static-curl
	@PKG_CONFIG_PATH=$(BUILD)/static/curl:$$PKG_CONFIG_PATH $(MAKE) --no-print-directory \
	  BUILD=$(BUILD)/static LITELUA=$(BUILD)/static/litelua HOST_MORE=src/host/static/*.c \
	  LDFLAGS='$(LDFLAGS) -Wl,--gc-sections -Wl,-s -Wl,--wrap=OPENSSL_init_ssl' $(BUILD)/static/litelua

# With only git, a compiler and make: what is missing is installed first, and
# make starts anew to see it.
demo:                                  ## a workflow, at work on the built-in offline gateway
	@script/setup build
	@$(MAKE) --no-print-directory $(LITELUA)
	@./$(LITELUA) --mock examples/demo.lua

check:                                 ## all tests that need nothing but this machine
	@script/setup build check
	@MAKE='$(MAKE)' script/check

check-proxy:                           ## the endpoints and workflows against a real LiteLLM proxy
	@script/setup build check luas proxy
	@$(MAKE) --no-print-directory all
	@MAKE='$(MAKE)' script/check-proxy

# Small programs of the benchmarks: their own gateway, C to compare with.
BENCH = $(addprefix $(BUILD)/bench/,gateway baseline measure readers)
BENCH_READERS = $(BUILD)/bench/payload.o $(addprefix $(BUILD)/core/,sse.o chunk.o json.o json_text.o number.o utf8.o buffer.o)

$(BUILD)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) $(call cflags,libcurl) -Isrc/core -c -o $@ $<

$(BUILD)/bench/gateway: $(BUILD)/bench/payload.o
$(BUILD)/bench/baseline: $(BUILD)/bench/report.o
$(BUILD)/bench/readers: $(BENCH_READERS)
$(BENCH): $(BUILD)/bench/%: $(BUILD)/bench/%.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(if $(filter %/baseline,$@),$(call libs,libcurl,-lcurl)) -lm

bench: all $(BENCH)                    ## what the library costs beside C on libcurl
	@bench/run

bench-check: all $(BENCH)              ## instructions per chunk and call, against the figures kept
	@bench/instructions

fuzz:                                  ## each fuzz target for FUZZ_SECONDS (60)
	@script/fuzz

lint:                                  ## luacheck, warnings as errors, format, exports
	@script/lint

rock:                                  ## the rock, installed from a server in a folder, and the specs on it
	@script/check-rock

# Where things go. LUA_ABI has no meaning beyond this: a module for LuaJIT is
# found where Lua 5.1 looks.
LUA_ABI = $(call abi,$(LUA))
BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(DESTDIR)$(PREFIX)/share/man/man1
LIBDIR = $(DESTDIR)$(PREFIX)/lib
INCDIR = $(DESTDIR)$(PREFIX)/include
PCDIR = $(LIBDIR)/pkgconfig
LUADIR = $(DESTDIR)$(PREFIX)/share/lua/$(LUA_ABI)
LUACDIR = $(DESTDIR)$(PREFIX)/lib/lua/$(LUA_ABI)

# What a C program with liblitellm.a needs besides.
PC_LUA = $(if $(filter luajit,$(LUA)),luajit,$(call lua_package,$(LUA)))

install: all archive                   ## to PREFIX (/usr/local) below DESTDIR; LUA=... for another Lua
	install -d $(BINDIR) $(MANDIR) $(INCDIR) $(PCDIR) $(LUADIR) $(LUACDIR)/litellm
	install -m 755 $(LITELUA) $(BINDIR)/litelua
	install -m 644 doc/litelua.1 $(MANDIR)/litelua.1
	install -m 644 $(BUILD)/$(LUA)/litellm/core.so $(LUACDIR)/litellm/core.so
	cd lua && find litellm -name '*.lua' ! -path '*/host/*' | while read -r f; do \
	  install -d $(LUADIR)/$${f%/*} && install -m 644 $$f $(LUADIR)/$$f || exit 1; done
	install -m 644 src/embed/litellm.h $(INCDIR)/litellm.h
	install -m 644 $(BUILD)/$(LUA)/liblitellm.a $(LIBDIR)/liblitellm.a
	printf '%s\n' 'prefix=$(PREFIX)' 'luadir=$${prefix}/share/lua/$(LUA_ABI)' \
	  'luacdir=$${prefix}/lib/lua/$(LUA_ABI)' 'libdir=$${prefix}/lib' \
	  'includedir=$${prefix}/include' '' 'Name: litellm' \
	  'Description: Every endpoint of a LiteLLM proxy as a Lua function' \
	  'Version: $(VERSION)' 'Requires: $(PC_LUA) libcurl' 'Cflags: -I$${includedir}' \
	  'Libs: -L$${libdir} -llitellm -lm -pthread' > $(PCDIR)/litellm.pc

uninstall:                             ## removes what install put there
	rm -f $(BINDIR)/litelua $(MANDIR)/litelua.1 $(PCDIR)/litellm.pc
	rm -f $(INCDIR)/litellm.h $(LIBDIR)/liblitellm.a
	rm -rf $(LUADIR)/litellm $(LUACDIR)/litellm

dist:                                  ## build/litellm-VERSION.tar.gz
	@mkdir -p $(BUILD)
	git archive --prefix=litellm-$(VERSION)/ -o $(BUILD)/litellm-$(VERSION).tar.gz HEAD

clean:                                 ## removes what was built
	rm -rf $(BUILD) $(LITELUA) lua/litellm/core.so

help:                                  ## this list
	@sed -n 's/^\([a-z-]*\):.*## */  \1 \t/p' $(MAKEFILE_LIST) | expand -t 16

FORCE:
.PHONY: all module modules plugin archive core core-tests torture static demo check check-proxy bench bench-check fuzz lint \
  rock install uninstall dist clean help FORCE
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
