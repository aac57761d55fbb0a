# make: the module, the verification library, the command line tool.

# The nginx module: against Debian's nginx-dev, or make NGINX_SRC=DIR.

NGINX_SRC ?= /usr/share/nginx/src
NGX_OPTS  ?=
MODULE   := ngx_http_ioattest_module.so

# What was given on this make's command line (CFLAGS=...) reaches nginx through
# its configure, and must not replace the flags of the makefile made there.
MAKEOVERRIDES =

# A line a file; with V=1 the whole commands.
ifndef V
.SILENT:
endif

export V

SHOWN    := sh $(CURDIR)/scripts/cc.sh
SUBMAKE  := $(MAKE) --no-print-directory $(if $(V),,-s)
NGX_MAKE  = $(SUBMAKE) CC='$(SHOWN) $(CC)' LINK='$(SHOWN) $(CC)'

CONFIGURE := CC='$(CC)' $(if $(CFLAGS),CFLAGS='$(CFLAGS)') \
             sh scripts/nginx-configure.sh

all: module lib tool

module:
	@$(CONFIGURE) '$(NGINX_SRC)' build/nginx-module module $(NGX_OPTS)
	+@$(NGX_MAKE) -C build/nginx-module/src -f ../objs/Makefile modules
	@cmp -s build/nginx-module/objs/$(MODULE) build/$(MODULE) \
		|| { cp build/nginx-module/objs/$(MODULE) build/$(MODULE).new \
		&& mv build/$(MODULE).new build/$(MODULE); }

# nginx itself and the module, from one source tree.
nginx:
	@$(CONFIGURE) '$(NGINX_SRC)' build/nginx binary $(NGX_OPTS)
	+@$(NGX_MAKE) -C build/nginx/src -f ../objs/Makefile \
		binary modules
	@cp build/nginx/objs/nginx build/nginx/objs/$(MODULE) build/nginx/

# The same under AddressSanitizer and UndefinedBehaviorSanitizer.
san:
	@$(CONFIGURE) '$(NGINX_SRC)' build/san san $(NGX_OPTS)
	+@$(NGX_MAKE) -C build/san/src -f ../objs/Makefile \
		binary modules
	@cp build/san/objs/nginx build/san/objs/$(MODULE) build/san/

# The newest nginx that Debian has sources of, which are got once; or another,
# of NEWEST_SRC=DIR.
NEWEST     := build/newest
NEWEST_SRC ?= $(NEWEST)/source

newest:
	@mkdir -p $(NEWEST)
	@sh scripts/newest.sh '$(NEWEST_SRC)'
	@$(CONFIGURE) '$(NEWEST_SRC)' $(NEWEST) binary $(NGX_OPTS)
	+@$(NGX_MAKE) -j"$$(getconf _NPROCESSORS_ONLN)" \
		-C $(NEWEST)/src -f ../objs/Makefile binary modules
	@cp $(NEWEST)/objs/nginx $(NEWEST)/objs/$(MODULE) $(NEWEST)/

# The module with its locks watched: see scripts/lockcheck.sh.
lockcheck:
	@CC='$(CC)' sh scripts/lockcheck.sh '$(NGINX_SRC)' build/lockcheck

# make install DESTDIR=/tmp/root PREFIX=/usr: the module, the tool, its manual
# pages, the documents.

PREFIX     ?= /usr/local
MODULESDIR ?= /usr/lib/nginx/modules
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/ioattest

DOCUMENTS := README.md SECURITY.md CHANGES LICENSE conf.example

# Manual pages are made of what the programs say to --help: scripts/man.pl.
man: tool
	@mkdir -p build/man
	@perl scripts/man.pl build/ioattest build/man

install: all man install-files
	install -D -m 644 build/$(MODULE) '$(DESTDIR)$(MODULESDIR)/$(MODULE)'

# All but the module, of what was built before: debian/rules.
install-files:
	install -D -m 755 build/ioattest '$(DESTDIR)$(BINDIR)/ioattest'
	install -d '$(DESTDIR)$(MANDIR)/man1'
	install -m 644 build/man/*.1 '$(DESTDIR)$(MANDIR)/man1/'
	install -d '$(DESTDIR)$(DOCDIR)/doc'
	install -m 644 $(DOCUMENTS) '$(DESTDIR)$(DOCDIR)/'
	install -m 644 doc/*.md '$(DESTDIR)$(DOCDIR)/doc/'
	install -d '$(DESTDIR)$(DOCDIR)/doc/policies'
	install -m 644 doc/policies/* '$(DESTDIR)$(DOCDIR)/doc/policies/'
	cp -r contrib '$(DESTDIR)$(DOCDIR)/'
	install -D -m 755 scripts/fetch-roots.sh \
		'$(DESTDIR)$(BINDIR)/ioattest-fetch-roots'

uninstall:
	rm -f '$(DESTDIR)$(MODULESDIR)/$(MODULE)' \
		'$(DESTDIR)$(BINDIR)/ioattest' \
		'$(DESTDIR)$(BINDIR)/ioattest-fetch-roots' \
		'$(DESTDIR)$(MANDIR)'/man1/ioattest.1 \
		'$(DESTDIR)$(MANDIR)'/man1/ioattest-*.1
	rm -rf '$(DESTDIR)$(DOCDIR)'

# Debian packages, in build/deb; and what they do in fresh systems of Debian 12
# and 13, as root: see the scripts.
deb:
	sh scripts/deb.sh build/deb

DEB_SUITES ?= bookworm trixie

deb-check:
	sh scripts/deb-check.sh $(DEB_SUITES)

.PHONY: all module nginx san newest lockcheck man install install-files \
	uninstall deb deb-check

# The zone's cases: a module that nginx loads and that runs them (t/zone.t).
# With another nginx: make nginx zone-test ZONE_TEST_DIR=build/nginx.

ZONE_TEST_DIR ?= build/nginx-module
ZONE_TEST     := $(if $(filter build/nginx-module,$(ZONE_TEST_DIR)),build,$\
                      $(ZONE_TEST_DIR))/zone_test.so
ZONE_TEST_SRC := $(wildcard t/unit/zone/*.c src/nginx/zone/*.c)
ZONE_TEST_INC := -I src/core -I src/event -I src/event/modules \
                 -I src/event/quic \
                 -I src/os/unix -I ../objs $(addprefix -I $(CURDIR)/, \
                 src/core src/nginx t/unit)

ZONE_TEST_OBJ := $(ZONE_TEST_SRC:%.c=$(ZONE_TEST_DIR)/zone-test/%.o)

zone-test: $(ZONE_TEST)

$(ZONE_TEST_OBJ): $(ZONE_TEST_DIR)/zone-test/%.o: %.c t/unit/unit.h \
		$(wildcard t/unit/zone/*.h src/nginx/zone/*.h) \
		$(ZONE_TEST_DIR)/objs/Makefile
	@mkdir -p $(@D)
	cd $(ZONE_TEST_DIR)/src && $(SHOWN) $(CC) -c \
		$$(sed -n 's/^CFLAGS = *//p' ../objs/Makefile) $(ZONE_TEST_INC) \
		-o $(CURDIR)/$@ $(CURDIR)/$<

ZONE_TEST_LIB := build/$(if $(SAN),core-san/)libioattest.a

$(ZONE_TEST): $(ZONE_TEST_OBJ) $(ZONE_TEST_LIB)
	cd $(ZONE_TEST_DIR)/src && $(SHOWN) $(CC) -shared \
		-Wl,--wrap=ngx_http_ioattest_store_unlock \
		$(if $(SAN),$(SAN_FLAGS)) \
		-o $(CURDIR)/$@ $(addprefix $(CURDIR)/,$(ZONE_TEST_OBJ)) \
		$(CURDIR)/$(ZONE_TEST_LIB) $(LDFLAGS) $(CORE_LIBS)

# One configure at a time: the module's own rule makes it, and whatever needs
# it waits for that.
build/nginx-module/objs/Makefile: | module
	@:

.PHONY: zone-test

# The core: library, tool, unit tests, fuzzers, bench.  No nginx include path.
# SAN=1 builds them under AddressSanitizer and UndefinedBehaviorSanitizer.

CORE_LIBS := -lsecp256k1 -lcjson -lcrypto
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all
CORE_DIR  := build/core$(if $(SAN),-san)
CORE_LIB  := $(CORE_DIR)/libcore.a
PUBLIC    := $(if $(SAN),$(CORE_DIR)/libioattest.a,build/libioattest.a)
CORE_CC   := $(SHOWN) $(CC) -std=c11 -Wall -Wextra -Werror -fPIC \
             -fvisibility=hidden \
             -fdebug-prefix-map=$(CURDIR)=. -fmacro-prefix-map=$(CURDIR)=. \
             $(or $(CFLAGS),-O2 -g) $(if $(SAN),$(SAN_FLAGS)) -MMD -MP \
             -Isrc/core -It/unit
CORE_SRC  := $(wildcard src/core/*/*.c)
CORE_OBJ  := $(CORE_SRC:src/core/%.c=$(CORE_DIR)/%.o)
TOOL      := $(if $(SAN),$(CORE_DIR)/ioattest,build/ioattest)

# ioattest rim reads XML, where libxml2 is there.
XML_CFLAGS := $(shell pkg-config --cflags libxml-2.0 2>/dev/null)
XML_LIBS   := $(shell pkg-config --libs libxml-2.0 2>/dev/null)
XML_SRC    := tools/rim_xml.c tools/rim_node.c tools/rim_payload.c

# ioattest attest asks the API, where libcurl is there.
CURL_CFLAGS := $(shell pkg-config --cflags libcurl 2>/dev/null)
CURL_LIBS   := $(shell pkg-config --libs libcurl 2>/dev/null)
CURL_SRC    := tools/attest_curl.c

TOOL_SRC  := $(filter-out \
               $(if $(XML_LIBS),tools/rim_none.c,$(XML_SRC)) \
               $(if $(CURL_LIBS),tools/attest_none.c,$(CURL_SRC)), \
               $(wildcard tools/*.c))
TOOL_OBJ  := $(TOOL_SRC:tools/%.c=$(CORE_DIR)/tool/%.o)
UNIT_SRC  := $(filter-out t/unit/driver/% t/unit/zone/%, \
               $(wildcard t/unit/*/*.c))
UNIT_BIN  := $(UNIT_SRC:t/unit/%.c=$(CORE_DIR)/unit/%)

lib: $(PUBLIC)

tool: $(TOOL)

$(CORE_DIR)/%.o: src/core/%.c
	@mkdir -p $(@D)
	$(CORE_CC) -c -o $@ $<

# With all its symbols, for tests; and what others link, with those alone that
# are the library's interface.
$(CORE_LIB): $(CORE_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(PUBLIC): $(CORE_OBJ) src/core/ioattest.sym
	@mkdir -p $(CORE_DIR)
	$(LD) -r -o $(CORE_DIR)/ioattest.o $(CORE_OBJ)
	objcopy --keep-global-symbols=src/core/ioattest.sym \
		$(CORE_DIR)/ioattest.o
	@rm -f $@
	$(AR) rcs $@ $(CORE_DIR)/ioattest.o

$(XML_SRC:tools/%.c=$(CORE_DIR)/tool/%.o): CORE_CC += $(XML_CFLAGS)
$(CURL_SRC:tools/%.c=$(CORE_DIR)/tool/%.o): CORE_CC += $(CURL_CFLAGS)

$(CORE_DIR)/tool/%.o: tools/%.c
	@mkdir -p $(@D)
	$(CORE_CC) -c -o $@ $<

$(TOOL): $(TOOL_OBJ) $(PUBLIC)
	$(CORE_CC) -o $@ $(TOOL_OBJ) $(PUBLIC) $(LDFLAGS) $(CORE_LIBS) \
		$(XML_LIBS) $(CURL_LIBS)

$(CORE_DIR)/unit/%: t/unit/%.c $(CORE_LIB)
	@mkdir -p $(@D)
	$(CORE_CC) -o $@ $< $(CORE_LIB) $(LDFLAGS) $(CORE_LIBS)

# Of the glue, this alone needs no nginx.
$(CORE_DIR)/unit/glue/state: CORE_CC += -Isrc/nginx

# Programs in which memory runs out: t/unit/fixtures/failing.h.
FAILING := $(CORE_DIR)/unit/agent/defaults $(CORE_DIR)/unit/attest/memory \
           $(CORE_DIR)/doormemory

$(FAILING): CORE_LIBS += \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

# What tests in other languages feed.
DRIVER_SRC := $(filter-out %/doormemory.c,$(wildcard t/unit/driver/*.c))
DRIVER_OBJ := $(DRIVER_SRC:t/unit/%.c=$(CORE_DIR)/unit/%.o)
DRIVERS    := $(CORE_DIR)/driver $(CORE_DIR)/doormemory

$(DRIVER_OBJ): $(CORE_DIR)/unit/%.o: t/unit/%.c
	@mkdir -p $(@D)
	$(CORE_CC) -c -o $@ $<

$(CORE_DIR)/driver: $(DRIVER_OBJ) $(CORE_LIB)
	$(CORE_CC) -o $@ $(DRIVER_OBJ) $(CORE_LIB) $(LDFLAGS) $(CORE_LIBS)

$(CORE_DIR)/doormemory: t/unit/driver/doormemory.c $(CORE_LIB)
	$(CORE_CC) -o $@ $< $(CORE_LIB) $(LDFLAGS) $(CORE_LIBS)

unit: $(UNIT_BIN) $(DRIVERS)

# They speak TAP.
check-unit: unit
	CORE_DIR=$(CORE_DIR) prove -e '' $(UNIT_BIN) \
		$(filter-out t/unit/driver/%,$(wildcard t/unit/*/*.py))

# Which lines and branches of the core the unit tests run.
COV_DIR := build/core-cov

coverage:
	@rm -f $(COV_DIR)/*/*.gcda
	@$(MAKE) --no-print-directory check-unit CORE_DIR=$(COV_DIR) \
		PUBLIC=$(COV_DIR)/libioattest.a TOOL=$(COV_DIR)/ioattest \
		CFLAGS='-O0 -g --coverage'
	python3 scripts/coverage.py $(COV_DIR)

# The source with one check taken out, which a test must notice: doc/mutants.md.
# make mutants M='x509 tdx' tries those of these tables or files, and COPIES=2
# has two tried at a time.

M      ?=
COPIES ?= 1

mutants:
	python3 scripts/mutants.py -j $(COPIES) $(M)

build/bench_%: bench/bench_%.c $(CORE_LIB)
	@mkdir -p $(CORE_DIR)
	$(CORE_CC) -MF $(CORE_DIR)/bench_$*.d -o $@ $< $(CORE_LIB) \
		$(LDFLAGS) $(CORE_LIBS)

# A module that fills a zone, for "make bench".
BENCH_FILL := build/bench_fill.so

$(BENCH_FILL): bench/bench_fill.c $(wildcard src/nginx/*/*.[ch]) \
		build/libioattest.a build/nginx-module/objs/Makefile
	cd build/nginx-module/src && $(SHOWN) $(CC) -shared \
		$$(sed -n 's/^CFLAGS = *//p' ../objs/Makefile) $(ZONE_TEST_INC) \
		-I src/http -I src/http/modules -I src/http/v2 \
		-o $(CURDIR)/$@ $(CURDIR)/bench/bench_fill.c \
		$(addprefix $(CURDIR)/,$(wildcard src/nginx/zone/*.c)) \
		$(CURDIR)/build/libioattest.a $(LDFLAGS) $(CORE_LIBS)

# One report of what verification costs, beside what it is to cost: doc/bench.md.
# make bench B=lua, or B='response zone', for parts alone: see bench/bench.py.

B ?=

BENCH := $(addprefix build/bench_,base hash load report upstream verify)

bench: all lockcheck $(BENCH) $(BENCH_FILL) $(CORE_DIR)/driver
	python3 bench/bench.py $(B)

# Everything at once, for 20 minutes or so many seconds: doc/chaos.md.

CHAOS     ?= 1200
CHAOS_ARG ?=

chaos: module
	python3 bench/chaos.py --seconds $(CHAOS) $(CHAOS_ARG)

.PHONY: chaos

# Instructions of a verified response; needs valgrind.
bench-instructions: all unit
	python3 bench/instructions.py

# libFuzzer.  make fuzz-run SECONDS=600 runs each target that long, or those of
# FUZZ_ONLY='tdx snp'; a corpus grows in build/fuzz/grown from fuzz/seeds, and
# in build/fuzz/corpus where there is real evidence too.

FUZZ_CC  ?= clang
FUZZ_SRC := $(filter-out $(if $(XML_LIBS),,fuzz/fuzz_rim.c), \
              $(wildcard fuzz/fuzz_*.c))
FUZZ_BIN := $(FUZZ_SRC:fuzz/%.c=build/fuzz/%)
FUZZ_ONLY := $(FUZZ_SRC:fuzz/fuzz_%.c=%)
FUZZ_SAN := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
SECONDS  ?= 60

FUZZ_CMD := $(SHOWN) $(FUZZ_CC) -std=c11 -Wall -Wextra -Werror -O1 -g -Isrc/core \
             -MMD -MP
FUZZ_OBJ := $(CORE_SRC:src/core/%.c=build/fuzz/core/%.o)

build/fuzz/core/%.o: src/core/%.c
	@mkdir -p $(@D)
	$(FUZZ_CMD) $(FUZZ_SAN:-fsanitize=fuzzer,%=-fsanitize=fuzzer-no-link,%) \
		-c -o $@ $<

build/fuzz/libioattest.a: $(FUZZ_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

build/fuzz/%: fuzz/%.c build/fuzz/libioattest.a
	$(FUZZ_CMD) $(FUZZ_SAN) -o $@ $< $(FUZZ_MORE) build/fuzz/libioattest.a \
		$(CORE_LIBS) $(FUZZ_LIBS)

# The same without libFuzzer, each input of the seeds once, by any compiler:
# t/unit/fuzz/seeds.py.
REPLAY_BIN := $(FUZZ_SRC:fuzz/%.c=$(CORE_DIR)/replay/%)

$(CORE_DIR)/replay/%: fuzz/%.c fuzz/replay.c $(CORE_LIB)
	@mkdir -p $(@D)
	$(CORE_CC) -MF $@.d -o $@ $< fuzz/replay.c $(FUZZ_MORE) $(CORE_LIB) \
		$(LDFLAGS) $(CORE_LIBS) $(FUZZ_LIBS)

unit: $(REPLAY_BIN)

# Of the tool, what reads XML, headers and audit logs.
FUZZ_RIM   := $(XML_SRC) tools/rim_verify.c tools/rim_id.c \
              tools/inspect_text.c
FUZZ_AUDIT := tools/complain.c tools/option.c tools/print.c

# fuzz_more NAME, FILES, FLAGS, LIBRARIES: a target with files of the tool
define fuzz_more
build/fuzz/fuzz_$(1): FUZZ_CMD += $(3) -Itools
$$(CORE_DIR)/replay/fuzz_$(1): CORE_CC += $(3) -Itools
build/fuzz/fuzz_$(1) $$(CORE_DIR)/replay/fuzz_$(1): FUZZ_MORE := $(2)
build/fuzz/fuzz_$(1) $$(CORE_DIR)/replay/fuzz_$(1): FUZZ_LIBS := $(4)
build/fuzz/fuzz_$(1) $$(CORE_DIR)/replay/fuzz_$(1): $(2) \
	$$(wildcard tools/*.h)
endef

$(eval $(call fuzz_more,rim,$(FUZZ_RIM),$(XML_CFLAGS),$(XML_LIBS)))
$(eval $(call fuzz_more,headers,tools/headers.c))
$(eval $(call fuzz_more,audit,$(FUZZ_AUDIT)))

$(CORE_DIR)/replay/fuzz_audit build/fuzz/fuzz_audit: tools/audit.c

# Of the module, what reads bytes and needs little of nginx: fuzz/nginx has it.
$(eval $(call fuzz_more,tail,,-Ifuzz/nginx -Isrc/nginx))

$(CORE_DIR)/replay/fuzz_tail build/fuzz/fuzz_tail: $(wildcard \
	src/nginx/audit/*_audit_tail.c src/nginx/audit/*_escape.c fuzz/nginx/*.h)

fuzz: $(FUZZ_BIN)

fuzz-run: $(FUZZ_ONLY:%=build/fuzz/fuzz_%)
	python3 fuzz/real_seeds.py build/fuzz/real
	for f in $(FUZZ_ONLY); do \
		real=build/fuzz/real/$$f; mkdir -p $$real; \
		corpus=build/fuzz/grown/fuzz_$$f; \
		[ -z "$$(ls $$real)" ] || corpus=build/fuzz/corpus/fuzz_$$f; \
		mkdir -p $$corpus; \
		build/fuzz/fuzz_$$f -max_total_time=$(SECONDS) -max_len=65536 \
			-print_final_stats=0 -verbosity=0 \
			$$corpus fuzz/seeds/$$f $$real || exit 1; \
	done

# What the corpora of the chosen targets have found, into fuzz/seeds: of those
# that grew from seeds alone.
fuzz-min: $(FUZZ_ONLY:%=build/fuzz/fuzz_%)
	python3 fuzz/merge.py $(FUZZ_ONLY)

# The filters in nginx, of build/san: after make san NGINX_SRC=DIR.
fuzz-filters:
	python3 fuzz/filters.py --seconds $(SECONDS)

# All that speaks TAP, or the module's tests in some files: T=t/stream.t.

T ?=

test:
	sh scripts/test.sh $(T)

# The tests that drive nginx, or those of T, under AddressSanitizer and
# UndefinedBehaviorSanitizer, and under valgrind (minutes for a file): nginx,
# the tool, the zone's cases, and without T the unit tests that are in C.
PROVE    := prove -It/lib -It/runner
VALGRIND := valgrind -q --error-exitcode=9

test-san: san
	+@$(MAKE) --no-print-directory SAN=1 tool unit
	+@$(MAKE) --no-print-directory SAN=1 zone-test ZONE_TEST_DIR=build/san
	ASAN_OPTIONS=detect_odr_violation=0:detect_leaks=0:verify_asan_link_order=0 \
	CORE_DIR=build/core-san \
	IOATTEST_TOOL=$(CURDIR)/build/core-san/ioattest \
	TEST_NGINX_BINARY=$(CURDIR)/build/san/nginx \
	TEST_NGINX_LOAD_MODULES=$(CURDIR)/build/san/$(MODULE) \
		$(PROVE) $(or $(T),$(wildcard t/*.t))

test-valgrind: all unit zone-test
	TEST_NGINX_USE_VALGRIND=1 \
	IOATTEST_TOOL='$(VALGRIND) $(CURDIR)/build/ioattest' \
	TEST_NGINX_LOAD_MODULES=$(CURDIR)/build/$(MODULE) \
		$(PROVE) $(or $(T),$(wildcard t/*.t))
	$(if $(T),,prove -e '$(VALGRIND)' $(UNIT_BIN))

# The software bill of materials of module and tool.
sbom: module tool
	@python3 scripts/sbom.py > build/ioattest.cdx.json
	@echo build/ioattest.cdx.json

# Two builds of what is committed, elsewhere and otherwise: the same bytes.
reproducible:
	@sh scripts/reproducible.sh

# nginx's own tests, of a clone of them in NGINX_TESTS, with the module.
nginx-tests:
	@sh scripts/nginx-tests.sh '$(NGINX_TESTS)'

# Other nginx, with other compilers and options: make versions SOURCES='DIR ...',
# sources of nginx or of something made of it. See scripts/versions.sh.
versions:
	@sh scripts/versions.sh $(SOURCES)

# cppcheck and clang-tidy; some files alone: LINT=src/core/base/ioa_codec.c.

# not "?=": make itself has a LINT
LINT  =

lint: module
	sh scripts/lint.sh $(LINT)

clean:
	rm -rf build

-include $(wildcard $(CORE_DIR)/*.d $(CORE_DIR)/*/*.d $(CORE_DIR)/unit/*/*.d \
	$(CORE_DIR)/replay/*.d \
	build/fuzz/*.d build/fuzz/core/*/*.d)

.PHONY: lib tool unit check-unit coverage mutants bench bench-instructions \
	fuzz fuzz-run fuzz-min fuzz-filters test lint clean \
	sbom reproducible nginx-tests versions test-san test-valgrind
