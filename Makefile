# aicore: build, check, install. `make help` lists the targets.
#
# One C module, built once per Lua ABI: 5.4 for Lua 5.4, 5.1 for LuaJIT and Lua 5.1.
# `make` installs nothing; `make deps` does, and so do demo, test, lint and docs (DEPS=no stops them).
# Building is left to a second make ("modules"): the first one looked for headers before deps brought them.

PREFIX = /usr/local
CFLAGS ?= -O2 -g
BUILD = build
DEPS = yes
LUA = lua5.4
LUAS = lua5.4 luajit
STYLUA = tools/node_modules/.bin/stylua

# Where the headers are. Without pkg-config: make LUA54_CFLAGS=-I… LUA51_CFLAGS=-I… CURL_LIBS=-lcurl
PKG_CONFIG ?= pkg-config
first_of = $(shell for p in $(1); do $(PKG_CONFIG) --exists "$$p >= $(2) $$p < $(3)" && echo $$p && break; done 2>/dev/null)
LUA54 := $(call first_of,lua5.4 lua-5.4 lua54 lua,5.4,5.5)
LUA51 := $(or $(call first_of,luajit,2.0,3),$(call first_of,lua5.1 lua-5.1 lua51 lua,5.1,5.2))
LUA54_CFLAGS ?= $(if $(LUA54),$(shell $(PKG_CONFIG) --cflags $(LUA54)))
LUA54_LIBS ?= $(if $(LUA54),$(shell $(PKG_CONFIG) --libs $(LUA54)))
LUA51_CFLAGS ?= $(if $(LUA51),$(shell $(PKG_CONFIG) --cflags $(LUA51)))
CURL_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags libcurl 2>/dev/null || curl-config --cflags 2>/dev/null)
CURL_LIBS ?= $(shell $(PKG_CONFIG) --libs libcurl 2>/dev/null || curl-config --libs 2>/dev/null)

# The ABIs to build: those whose headers are here.
ABIS := $(strip $(if $(LUA54)$(LUA54_CFLAGS),5.4) $(if $(LUA51)$(LUA51_CFLAGS),5.1))
FOR_EDITORS := $(if $(filter build,$(BUILD)),$(if $(filter 5.1,$(ABIS)),lua/aicore/core.so doc/tags))

SOURCES := $(wildcard src/*.c)
OBJECTS_54 := $(SOURCES:src/%.c=$(BUILD)/5.4/obj/%.o)
OBJECTS_51 := $(SOURCES:src/%.c=$(BUILD)/5.1/obj/%.o)
C_CODE := $(wildcard src/*.[ch] spec/c/*.[ch] spec/fuzz/*.[ch] spec/stress/*.c)
LUA_CODE := $(wildcard lua plugin spec bin/aicorectl bench examples tools/*.lua rockspec/*.rockspec .busted .luacheckrc)

LANGUAGE = -std=c11 -D_GNU_SOURCE
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow
COMPILE = $(CC) $(LANGUAGE) -fPIC -fvisibility=hidden $(WARNINGS) $(LUA_CFLAGS) $(CURL_CFLAGS) $(CPPFLAGS) $(CFLAGS)
SHARED = $(if $(filter Darwin,$(shell uname -s)),-bundle -undefined dynamic_lookup,-shared)

##@ Build and install

.PHONY: build
build: ## build the C module for Lua 5.4 and LuaJIT (the default)
	@$(MAKE) --no-print-directory modules

.PHONY: modules
modules: check-headers $(ABIS:%=$(BUILD)/%/aicore/core.so) $(FOR_EDITORS)

.PHONY: check-headers
check-headers:
	@test -n "$(CURL_LIBS)" || { echo "libcurl's headers are missing: run 'make deps'" >&2; exit 1; }
	@test -n "$(ABIS)" || { echo "Lua's headers are missing: run 'make deps'" >&2; exit 1; }
	@test $(words $(ABIS)) = 2 || echo "note: builds for Lua ABI $(ABIS) only; 'make deps' installs the other one's headers"

define compile
$(COMPILE) -MMD -MP -c $< -o $@
endef

define link
@mkdir -p $(@D)
$(CC) $(SHARED) $(CFLAGS) $(LDFLAGS) $^ $(CURL_LIBS) -lm -o $@
endef

$(BUILD)/5.4/%: LUA_CFLAGS = $(LUA54_CFLAGS)
$(BUILD)/5.1/%: LUA_CFLAGS = $(LUA51_CFLAGS)

# A target that is otherwise silent (make demo) says what takes so long.
$(BUILD)/%/obj:
	@echo "compiling the C module for Lua $*, some seconds …"
	@mkdir -p $@

$(OBJECTS_54): $(BUILD)/5.4/obj/%.o: src/%.c Makefile | $(BUILD)/5.4/obj
	$(compile)

$(OBJECTS_51): $(BUILD)/5.1/obj/%.o: src/%.c Makefile | $(BUILD)/5.1/obj
	$(compile)

$(BUILD)/5.4/aicore/core.so: $(OBJECTS_54)
	$(link)

$(BUILD)/5.1/aicore/core.so: $(OBJECTS_51)
	$(link)

# Neovim looks for C modules, too, below lua/ in the folder of a plugin.
lua/aicore/core.so: | $(BUILD)/5.1/aicore/core.so
	ln -sf ../../$(BUILD)/5.1/aicore/core.so $@

# And for its help by what :helptags writes.
doc/tags: doc/aicore.txt
	sed -n 's|.*\*\([^* ]\{1,\}\)\*.*|\1	aicore.txt	/*\1*|p' $< | LC_ALL=C sort >$@

-include $(wildcard $(BUILD)/5.?/obj/*.d)

.PHONY: deps
deps: deps-lint openresty neovim ## install what build, demo, test and lint need (apt-get; elsewhere it names the packages)

deps-%:
	@test $(DEPS) = no || sh tools/deps.sh $*

# nginx with its Lua module, for the tests: unpacked in $(BUILD), not installed.
.PHONY: openresty
openresty:
	@test $(DEPS) = no || sh tools/openresty.sh

# The next Debian's Neovim, beside the one that is installed.
.PHONY: neovim
neovim:
	@test $(DEPS) = no || sh tools/neovim.sh

.PHONY: install
install: build ## install for Lua 5.4 and LuaJIT (PREFIX=/usr/local, DESTDIR=)
	sh tools/install.sh '$(DESTDIR)$(PREFIX)' '$(BUILD)' $(ABIS)

.PHONY: uninstall
uninstall: ## take away what install has put there (PREFIX, DESTDIR as for install)
	sh tools/install.sh --uninstall '$(DESTDIR)$(PREFIX)' '$(BUILD)' $(ABIS)

# What LuaRocks asks for (rockspec/), with its own flags and folders; nothing of it stays here.
ROCK = $(BUILD)/rock

.PHONY: rock install-rock
rock:
	@$(MAKE) --no-print-directory BUILD='$(ROCK)' ABIS=5.4 FOR_EDITORS= LUA54_CFLAGS='-I$(LUA_INCDIR)' \
	  CURL_CFLAGS='$(CURL_INCDIR:%=-I%)' CURL_LIBS='$(CURL_LIBDIR:%=-L%) -lcurl' '$(ROCK)/5.4/aicore/core.so'

install-rock:
	@sh tools/install.sh --modules '$(ROCK)/5.4/aicore/core.so' '$(LIBDIR)' '$(LUADIR)'
	@rm -rf '$(ROCK)' && rmdir '$(BUILD)' 2>/dev/null || :

.PHONY: env
env: ## print what lets a Lua use this checkout: eval "$$(make -s env LUA=luajit)"
	@sh tools/env.sh '$(LUA)'

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD) lua/aicore/core.so doc/tags

##@ Try

.PHONY: demo
demo: deps-demo ## see it work against the emulator; needs no account
	@$(MAKE) -s modules
	@sh examples/demo/run.sh

##@ Check

.PHONY: test
test: deps-test openresty neovim ## run the specs under Lua 5.4 and LuaJIT, and the contract in every host (SPEC=file runs one)
	@$(MAKE) -s modules
	@MAKE='$(MAKE)' LUAS='$(LUAS)' sh tools/test.sh $(SPEC)

# A host's own specs, which need one Lua only, and the contract that all hosts keep.
test-blocking test-luv test-cqueues test-copas test-neovim test-openresty: test-%: deps-test openresty neovim ## test in one host
	@$(MAKE) -s modules
	@MAKE='$(MAKE)' LUAS=luajit HOST=$* sh tools/test.sh

.PHONY: memcheck
memcheck: deps-memcheck ## the same in valgrind, under Lua 5.4 (SPEC=file runs one)
	@$(MAKE) -s modules
	@MAKE='$(MAKE)' LUAS=lua5.4 WRAP='$(VALGRIND)' sh tools/test.sh $(SPEC)

VALGRIND = valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect --error-exitcode=99

.PHONY: soak
soak: deps-test ## a million requests with random faults in one process: nothing may grow (REQUESTS=number)
	@$(MAKE) -s modules
	@eval "$$(sh tools/env.sh '$(LUA)')" && $(LUA) spec/soak/soak.lua $(REQUESTS)

.PHONY: asan
asan: deps-test ## the C specs, and the others that reach into C, under the address, undefined and thread sanitizers
	@MAKE='$(MAKE)' sh tools/asan.sh

.PHONY: stress
stress: deps-test ## a random state machine over the C module, under the sanitizers (SECONDS=60 in each Lua; SEED=n)
	@MAKE='$(MAKE)' LUAS='$(LUAS)' SECONDS='$(SECONDS)' FIRST='$(FIRST)' SEED='$(SEED)' sh tools/stress.sh
.PHONY: coverage
coverage: deps-test ## what of src/ the specs reach, line by line and branch by branch
	@MAKE='$(MAKE)' sh tools/coverage.sh

.PHONY: fuzz
fuzz: deps-fuzz ## feed replies, URLs, service keys… that nobody thought of (FUZZ_SECONDS=60 each; FUZZ=token for one)
	@MAKE='$(MAKE)' sh tools/fuzz.sh $(FUZZ)

.PHONY: conformance
conformance: deps-conformance ## hold emulator and client against SAP's OpenAPI description (AI_CORE_API=file) and SAP's own client
	@$(MAKE) -s modules
	@AI_CORE_API='$(AI_CORE_API)' LUA='$(LUA)' sh spec/conformance/run.sh

# Without LuaJIT's compiler: it costs more than it gains where many short runs go through much code.
SIMULATE_LUA = $(if $(filter luajit,$(LUA)),luajit -joff,$(LUA))

.PHONY: simulate
simulate: deps-test ## hold every promise against random services on a virtual clock (SEEDS=1000 FIRST=1; SEED=n VERBOSE=1)
	@$(MAKE) -s modules
	@eval "$$(sh tools/env.sh '$(LUA)')" && \
	  SEEDS='$(SEEDS)' FIRST='$(FIRST)' SEED='$(SEED)' VERBOSE='$(VERBOSE)' PLOTS='$(PLOTS)' LIFE='$(LIFE)' $(SIMULATE_LUA) spec/simulation/run.lua

.PHONY: simulate-shards
simulate-shards: deps-test ## sixteen programs tear down a fleet in shards while its pages shift (SIZE=100000 SHARDS=16 FIRST=1)
	@$(MAKE) -s modules
	@eval "$$(sh tools/env.sh '$(LUA)')" && SIZE='$(SIZE)' SHARDS='$(SHARDS)' FIRST='$(FIRST)' $(LUA) spec/simulation/shards.lua

.PHONY: mutate
mutate: deps-test ## break every rule on purpose: some seed must notice it (SEEDS=3000 FIRST=1; ONLY=word)
	@$(MAKE) -s modules
	@eval "$$(sh tools/env.sh '$(LUA)')" && \
	  SEEDS='$(SEEDS)' FIRST='$(FIRST)' ONLY='$(ONLY)' PLOTS='$(PLOTS)' $(SIMULATE_LUA) spec/simulation/mutate.lua

.PHONY: lint
lint: deps-lint ## check format, warnings (as errors), the rockspec and who may know whom
	@$(MAKE) --no-print-directory --keep-going lint-format lint-lua lint-c lint-house lint-rock && echo "lint passed"

.PHONY: format
format: deps-lint $(filter tools/%,$(STYLUA)) ## format the Lua and the C code; write the settings into the documents, and Neovim's help
	lua5.4 tools/settings.lua
	lua5.4 tools/help.lua
	$(STYLUA) $(LUA_CODE)
	clang-format -i $(C_CODE)

.PHONY: bench
bench: deps-bench openresty ## measure against peers, some 20 minutes (QUICK=1; ROWS="b01 b07" for some, with KEEP=1 into bench/)
	@$(MAKE) -s modules
	@QUICK='$(QUICK)' KEEP='$(KEEP)' STORE='$(STORE)' sh bench/run.sh $(ROWS)

.PHONY: bench-instructions
bench-instructions: deps-bench openresty ## count instructions per call; fails on 3 % more than are stored (STORE=1 stores them)
	@$(MAKE) -s modules
	@QUICK=1 STORE='$(STORE)' sh bench/run.sh b07

.PHONY: lint-format lint-lua lint-c lint-house lint-rock
lint-format: $(filter tools/%,$(STYLUA))
	$(STYLUA) --check $(LUA_CODE)
	clang-format --dry-run -Werror $(C_CODE)

# Without the rockspecs: luacheck would check what they name a second time.
lint-lua:
	luacheck --quiet --no-color $(filter-out %.rockspec,$(LUA_CODE))

lint-c: $(SOURCES:src/%.c=$(BUILD)/tidy/%)
	$(MAKE) -s BUILD=$(BUILD)/werror CFLAGS='-O2 -Werror' modules

lint-house:
	lua5.4 tools/busted.lua spec/layering_spec.lua
	lua5.4 tools/busted.lua spec/rockspec_spec.lua

lint-rock:
	for file in rockspec/*.rockspec; do luarocks lint $$file || exit 1; done

$(BUILD)/tidy/%: src/%.c $(wildcard src/*.h) .clang-tidy
	@mkdir -p $(@D)
	@echo clang-tidy $<
	@clang-tidy --quiet $< -- $(LANGUAGE) $(LUA54_CFLAGS) $(CURL_CFLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

tools/node_modules/.bin/stylua: tools/package-lock.json
	cd tools && npm ci --no-audit --no-fund
	@touch $@

# A C spec is linked with the module's objects that it uses.
$(BUILD)/5.4/spec/%: spec/c/%.c $(wildcard src/*.h) $(BUILD)/5.4/libcore.a
	@mkdir -p $(@D)
	$(COMPILE) -Isrc $< $(BUILD)/5.4/libcore.a $(LDFLAGS) $(CURL_LIBS) $(LUA54_LIBS) -lm -pthread -o $@

$(BUILD)/5.4/libcore.a: $(OBJECTS_54)
	@rm -f $@
	$(AR) rcs $@ $^

# What the stress test needs of its host and Lua has not.
.PHONY: stress-host
stress-host: $(ABIS:%=$(BUILD)/%/stress/host.so)
$(BUILD)/5.4/stress/host.so $(BUILD)/5.1/stress/host.so: spec/stress/host.c
	@mkdir -p $(@D)
	$(COMPILE) $(SHARED) $< -o $@

# A fuzz target, with a main that runs files; `make fuzz` says FUZZ_MAIN= and links libFuzzer's.
FUZZ_MAIN = spec/fuzz/replay.c

$(BUILD)/5.4/fuzz/%: spec/fuzz/%.c $(FUZZ_MAIN) $(wildcard src/*.h spec/fuzz/*.h) $(BUILD)/5.4/libcore.a
	@mkdir -p $(@D)
	$(COMPILE) -Isrc $< $(FUZZ_MAIN) $(BUILD)/5.4/libcore.a $(LDFLAGS) $(CURL_LIBS) $(LUA54_LIBS) -lm -pthread -o $@

##@ Read

.PHONY: screenshots
screenshots: deps-screenshots ## take the pictures in docs/, from real runs
	@$(MAKE) -s modules
	@sh tools/screenshot-demo.sh docs/demo.svg
	@sh tools/screenshot-panel.sh docs/panel.svg

.PHONY: docs
docs: deps-docs ## make the reference in build/docs
	sh tools/docs.sh '$(BUILD)/docs'

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^##@/ { print substr($$0, 5) ":" } /^[a-z -]+:.*## / { gsub("[$$]+", "$$"); printf "  make %-10s %s\n", $$1, $$2 }' Makefile
