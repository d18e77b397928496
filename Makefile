# infobatch: `make demo`, `make check`, `make help`.
# CC, CFLAGS, LDFLAGS, PREFIX and DESTDIR are the user's.

CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := $(shell sed -n 's/^.define IB_VERSION "\(.*\)"/\1/p' lib/include/infobatch.h)

# What a fresh Debian needs besides make and a C compiler.
PACKAGES_BUILD := pkg-config libarchive-dev libzstd-dev libcjson-dev \
	libxxhash-dev libdeflate-dev libutf8proc-dev \
	zlib1g-dev liblzma-dev liblz4-dev libbz2-dev
PACKAGES_DEMO  := zstd jq
PACKAGES_PICTURE := chromium fonts-dejavu-core
# For `make check`.
PACKAGES_CHECK := libcriterion-dev zstd gzip xz-utils bzip2 lz4 jq xxhash \
	python3 python3-numpy python3-scipy python3-xxhash zip unzip
# For the rest of `make check-all`.
PACKAGES_REST  := mandoc valgrind cppcheck clang g++ \
	prometheus chromium \
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-i686-linux-gnu \
	gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user-static musl-tools
PACKAGES_CLUSTER := slurm-wlm munge parallel snakemake rclone zstd python3
# For `make deb` and its tests.
PACKAGES_DEB := dpkg-dev lintian debootstrap
# For the training recipes: check-training skips without them, train-demo installs them.
PACKAGES_TRAIN := python3-torch python3-sklearn python3-scipy \
	libopenblas0-pthread dataset-fashion-mnist wordnet-base

# The parts of `make check`, and what `make check-all` adds, in this order. A
# part is a target check-NAME; its last line is "N passed, N failed", with
# ", N skipped" where something was (tests/check.sh).
CHECK_PARTS := unit cli examples reference
REST_PARTS  := \
	rules \
	install \
	packages \
	python \
	fuzz \
	torture \
	lint \
	compilers \
	i386 \
	arm64 \
	s390x \
	portable \
	valgrind \
	sanitizers \
	audit \
	parts \
	cluster \
	training

comma := ,
LIBS  := libzstd libcjson libxxhash libdeflate libutf8proc zlib liblzma liblz4
WARN  := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	$(if $(filter-out 0,$(WERROR)),-Werror)

# PORTABLE=1 uses only calls of POSIX, for systems other than Linux (lib/README.md).
PORTABLE ?= 0
B     := build/$(or $(subst $(comma),-,$(SAN)),$(if $(filter-out 0,$(PORTABLE)),portable),release)
SANF  := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
# i386 works on doubles in 80 bits without SSE2: results would depend on it.
I386   := $(filter 1,$(shell echo __i386__ | $(CC) $(CFLAGS) -E -P -x c - 2>/dev/null))
POSIX := -D_POSIX_C_SOURCE=200809L
FLAGS  = -std=c11 $(POSIX) -D_FILE_OFFSET_BITS=64 \
	$(if $(filter-out 0,$(PORTABLE)),-DIB_PORTABLE) \
	-fdebug-prefix-map='$(CURDIR)'=. -pthread -fPIC -ffp-contract=off $(I386:1=-msse2 -mfpmath=sse -Wno-psabi) \
	$(WARN) $(SANF) -MMD -MP $(LIBS_CFLAGS)
LDLIBS = $(LIBS_LIBS) -lbz2 -lm -pthread
# Asked once, and after `deps` has installed what answers.
LIBS_CFLAGS = $(eval LIBS_CFLAGS := $(shell pkg-config --cflags $(LIBS)))$(LIBS_CFLAGS)
LIBS_LIBS   = $(eval LIBS_LIBS := $(shell pkg-config --libs $(LIBS)))$(LIBS_LIBS)

LIBSRC  := $(sort $(wildcard lib/*/*.c))
LIBCSS  := $(sort $(wildcard lib/*/*.css))
CMDSRC  := $(sort $(wildcard cmd/ib-*.c))
CLISRC  := $(sort $(filter-out $(CMDSRC),$(wildcard cmd/*.c)))
TESTSRC := $(sort $(wildcard tests/unit/test_*.c))
CMDS    := $(CMDSRC:%.c=$B/%)
NAMES   := $(CMDSRC:cmd/%.c=%)
LIB     := $B/libinfobatch.a
# The soname changes if a program that was linked with the library could break.
SONAME  := libinfobatch.so.0
SHARED  := $B/libinfobatch.so.$(VERSION)
MAP     := lib/libinfobatch.map
EXPORTS := $(shell sed -n 's/^\t\t\(ib_.*\);/\1/p' $(MAP))
COMPLETE := $(NAMES:%=$B/completions/%) $(NAMES:%=$B/completions/_%) \
	$(NAMES:%=$B/completions/%.fish)
# Fuzz targets: a noun each; the rest of tests/fuzz is what they share.
FUZZSHARED := file archive
FUZZED  := $(filter-out replay $(FUZZSHARED),$(patsubst tests/fuzz/%.c,%,\
	$(sort $(wildcard tests/fuzz/*.c))))
FUZZ    := build/fuzz
FUZZSAN := address,undefined

# One short line a step, `make V=1` for the commands, `make -s` for nothing.
V    ?= 0
Q    := $(if $(filter-out 0,$(V)),,@)
step  = $(if $(Q),$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,$(info $(1) $(2))))

.PHONY: all deps deps-check deps-all deps-train demo check check-all \
	$(CHECK_PARTS:%=check-%) $(REST_PARTS:%=check-%) check-debian check-same coverage \
	bench fuzz lint unit picture train-demo train-tables train-time \
	install uninstall dist deb source-date help clean
.DEFAULT_GOAL := all
.SECONDARY:

all: $(NAMES:%=$B/%) $(COMPLETE) $(SHARED) ## the commands, their completion and the library
	@:

$B/lib/%.o:   INC = -Ilib/include -Ilib -fvisibility=hidden
$B/cmd/%.o:   INC = -Ilib/include
# OWN_CRITERION=1 builds the unit tests without Criterion, as other processors need.
CRITERION := tests/platforms/criterion
$B/tests/%.o: INC = -Ilib/include -Ilib -Itests -Itests/unit -Wno-conversion \
	$(if $(OWN_CRITERION),-I$(CRITERION))
$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call step,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(FLAGS) $(INC) $(CFLAGS) -c $< -o $@

# A style sheet as the string ib_NAME_css. Comments, indentation and line ends are
# left out; a blank line becomes a line end.
$B/%.css.o: %.css Makefile
	@mkdir -p $(@D)
	$(call step,CC,$<)
	$(Q){ echo 'extern const char ib_$(*F)_css[]; const char ib_$(*F)_css[] = {'; \
		awk '/^(\/| )\*/ { next } { sub(/^\t+/, "") } \
			{ printf "%s", $$0 == "" ? "\n" : $$0 } END { print "" }' $< | \
		od -An -v -tx1 | sed 's/[0-9a-f][0-9a-f]/0x&,/g'; echo '0};'; } | \
		$(CC) $(CPPFLAGS) $(filter-out -MMD -MP,$(FLAGS)) $(CFLAGS) -x c -c - -o $@

$(LIB): $(LIBSRC:%.c=$B/%.o) $(LIBCSS:%=$B/%.o)
	@rm -f $@
	$(call step,AR,$@)
	$(Q)$(AR) rcs$(if $(filter-out 0,$(PORTABLE)),,D) $@ $^

# The exported functions, and the members of the archive that they need.
$(SHARED): $(LIB) $(MAP)
	$(call step,LD,$@)
	$(Q)$(CC) -shared $(SANF) -Wl,-soname,$(SONAME) -Wl,--version-script,$(MAP) \
		$(if $(SAN),,-Wl,-z,defs) -Wl,--as-needed $(LDFLAGS) \
		$(EXPORTS:%=-Wl,-u,%) $(LIB) $(LDLIBS) -o $@

$(NAMES:%=$B/%): $B/%: $B/cmd/%.o $(CLISRC:%.c=$B/%.o) $(LIB)
	$(call step,LD,$@)
	$(Q)$(CC) $(SANF) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(NAMES:%=$B/completions/%): $B/completions/%: $B/% cmd/completion.sh
	@mkdir -p $(@D)
	$(call step,MAKE,$@)
	$(Q)cmd/completion.sh $< bash >$@.new && mv $@.new $@
$(NAMES:%=$B/completions/_%): $B/completions/_%: $B/% cmd/completion.sh
	@mkdir -p $(@D)
	$(call step,MAKE,$@)
	$(Q)cmd/completion.sh $< zsh >$@.new && mv $@.new $@
$(NAMES:%=$B/completions/%.fish): $B/completions/%.fish: $B/% cmd/completion.sh
	@mkdir -p $(@D)
	$(call step,MAKE,$@)
	$(Q)cmd/completion.sh $< fish >$@.new && mv $@.new $@

# What is missing of $(1) is installed; where it cannot be, it is named.
define install_packages
@missing=$$(for p in $(1); do \
	dpkg-query -W -f='$${Status}\n' $$p 2>/dev/null | \
	grep -q 'ok installed' || echo $$p; done); \
[ -n "$$missing" ] || exit 0; \
if ! command -v apt-get >/dev/null; then \
	echo "Please install what these Debian packages hold:" $$missing; \
	exit 1; fi; \
as=; [ "$$(id -u)" = 0 ] || as=sudo; \
if [ -n "$$as" ] && ! command -v sudo >/dev/null; then \
	echo "Please have these packages installed:" $$missing; exit 1; fi; \
echo "Installing:" $$missing; \
{ $$as apt-get -qq update && \
  $$as env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
	--no-install-recommends install $$missing >/dev/null; } || \
{ echo "Could not install:" $$missing; exit 1; }
endef

deps:                            ## install what the build needs
	$(call install_packages,$(PACKAGES_BUILD))

deps-check:                      ## install what the tests need
	$(call install_packages,$(PACKAGES_BUILD) $(PACKAGES_CHECK))

deps-all:                        ## install what check-all needs
	$(call install_packages,$(PACKAGES_BUILD) $(PACKAGES_CHECK) \
		$(PACKAGES_REST) $(PACKAGES_DEB) $(PACKAGES_CLUSTER) $(PACKAGES_TRAIN))

demo:                            ## the loop over the loss logs of a real run
	$(call install_packages,$(PACKAGES_BUILD) $(PACKAGES_DEMO))
	+$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)tests/demo.sh $B

picture: demo                    ## man/report.png: the top of the report of demo
	$(call install_packages,$(PACKAGES_PICTURE))
	$(Q)chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
		--force-color-profile=srgb --user-data-dir=build/chromium \
		--window-size=1200,790 --screenshot=build/report.png \
		"file://$(CURDIR)/build/demo/report.html" 2>/dev/null
	$(Q)mv build/report.png man/report.png

check: deps-check                ## the tests, in a few minutes
	+$(Q)$(MAKE) --no-print-directory -j2 all unit
	+$(Q)tests/check.sh $(CHECK_PARTS)

check-all: deps-all              ## every test except check-debian
	+$(Q)$(MAKE) --no-print-directory -j2 all unit
	+$(Q)tests/check.sh $(CHECK_PARTS) $(REST_PARTS)

check-unit: $B/unit              ## the unit tests
	$(Q)tests/unit/run.sh $B/unit

check-cli: all                   ## the commands as a user runs them
	$(Q)IB_BIN=$B tests/cli/run.sh

$B/torture.so: tests/torture/shim.c Makefile
	@mkdir -p $(@D)
	$(call step,LD,$@)
	$(Q)$(CC) -O1 -Wall -Wextra -D_FILE_OFFSET_BITS=64 -shared -fPIC $< -o $@ -ldl

check-torture: all $B/torture.so ## fail every call, kill at any moment; SEED=, ALL=1
	$(Q)/usr/bin/python3 tests/torture/torture.py --bin $B \
		--shim $B/torture.so $(SEED:%=--seed %) $(if $(ALL),--all)

check-examples: all              ## the examples of the manual pages
	$(Q)IB_BIN=$B tests/manuals/examples.sh

check-reference: all             ## against an independent implementation
	$(Q)/usr/bin/python3 tests/reference/differ.py --bin $B --seed 1 --cases 300

# An inline function counts once, not with branches that are constant where it
# was inlined.
coverage: ONCE = -Dalways_inline=unused
coverage:                        ## which lines and branches the tests reach, by folder
	@mkdir -p build/coverage
	$(Q)$(CC) -O1 -fPIC -Wall -Wextra -c tests/code/coverage_end.c -o build/coverage/end.o
	+$(Q)$(MAKE) --no-print-directory -j2 B=build/coverage \
		LDFLAGS='--coverage -Wl,--wrap=raise,--wrap=_exit build/coverage/end.o' \
		CFLAGS='-O0 -g --coverage -fprofile-update=atomic $(ONCE)' \
		all unit build/coverage/torture.so $(FUZZED:%=build/coverage/fuzz/%)
	$(Q)tests/code/coverage.sh build/coverage

check-same: all                  ## outputs and messages equal those of BASE=<commit>
	@[ -n "$(BASE)" ] || { echo "usage: make check-same BASE=<commit>"; exit 2; }
	@rm -rf build/same && mkdir -p build/same && \
		git archive $(BASE) | tar -x -C build/same
	+$(Q)$(MAKE) --no-print-directory -s -j2 -C build/same all
	$(Q)/usr/bin/python3 tests/code/compare_builds.py build/same/build/release $B

check-rules: all                 ## no bias, budgets, variances, exact figures
	$(Q)/usr/bin/python3 tests/reference/rule_laws.py $B

check-install: all               ## a program against the installed library
	$(Q)CC="$(CC)" tests/install/check.sh

check-fuzz: $(FUZZED:%=$B/fuzz/%) ## the fuzz targets over their corpora
	$(Q)for f in $(FUZZED); do $B/fuzz/$$f testdata/fuzz/$$f/* || exit 1; done
	@echo '$(words $(FUZZED)) passed, 0 failed'

lint: $(LIB) $(SHARED)           ## layers, cppcheck, manuals
	$(Q)/usr/bin/python3 tests/code/layers.py $(LIB)
	$(Q)CC="$(CC)" /usr/bin/python3 tests/code/interface.py $(SHARED)
	$(Q)cppcheck -q --std=c11 --enable=warning,portability --inline-suppr \
		--suppress=missingIncludeSystem --error-exitcode=1 \
		-Ilib/include -Ilib cmd lib
	$(Q)! mandoc -Tlint -W warning man/*.[1-9] 2>&1 | grep .

check-lint: lint

check-compilers:                 ## the other compiler, the other processor
	$(Q)$(MAKE) --no-print-directory -j2 CC=clang B=build/clang all
	$(Q)CC="$(CC)" tests/platforms/byte_scans.sh

check-i386 check-arm64 check-s390x: check-%: all ## tests on another processor under qemu; SEED=N, ALL=1
	$(Q)SEED=$(SEED) ALL=$(ALL) CCACHE='$(filter %ccache,$(firstword $(CC)))' \
		tests/platforms/other_processor.sh $* $(filter %-dev,$(PACKAGES_BUILD))

.PHONY: portable
portable:
	$(Q)$(MAKE) --no-print-directory -j2 PORTABLE=1 all unit
check-portable: portable         ## unit tests and cases of a build that uses only POSIX; musl
	$(Q)SEED=$(SEED) ALL=$(ALL) tests/platforms/portable.sh build/portable

check-valgrind: all              ## a sample of runs under valgrind
	$(Q)IB_BIN=$B tests/memory/valgrind.sh

check-sanitizers: all            ## unit tests and cases under AddressSanitizer and UBSan
	$(Q)$(MAKE) --no-print-directory -j2 SAN=address,undefined all unit
	$(Q)tests/memory/sanitizers.sh build/address-undefined

check-audit: all                 ## reports in a browser, metrics for Prometheus
	$(Q)IB_BIN=$B tests/audit/browser_and_prometheus.sh

check-python: all                ## compare infobatch.py with the commands; kill and resume runs; ALL=1
	$(Q)/usr/bin/python3 tests/python/check.py --bin $B $(SEED:%=--seed %) $(if $(ALL),--all)

check-parts: all                 ## parts against one run, random shardings
	$(Q)/usr/bin/python3 tests/cluster/parts_equal_one_run.py --bin $B --cases 10
	$(Q)/usr/bin/python3 tests/cluster/killed_parts.py --bin $B
	@echo '2 passed, 0 failed'

check-cluster: all               ## recipes, and Slurm arrays with failures
	$(call install_packages,$(PACKAGES_CLUSTER))
	$(Q)tests/cluster/manual_recipes.sh $B
	$(Q)tests/cluster/slurm_arrays.sh $B; case $$? in 0) echo '2 passed, 0 failed' ;; \
		77) echo '1 passed, 0 failed, 1 skipped' ;; *) exit 1 ;; esac

check-training: all              ## every training recipe on a tiny subset
	$(Q)/usr/bin/python3 tests/training/recipes_run.py $B

check-debian:                    ## `make demo check deb` in a fresh Debian; RELEASE=trixie
	$(call install_packages,debootstrap)
	$(Q)tests/platforms/fresh_debian.sh $(or $(RELEASE),trixie) demo check deb
	$(Q)tests/platforms/fresh_debian.sh $(or $(RELEASE),trixie) \
		--install build/debian/$(or $(RELEASE),trixie)/infobatch/build/deb

bench: all                       ## time all of it beside its peers; N=, RUNS=, PEERS=npm
	$(Q)/usr/bin/python3 tests/bench/bench.py --bin $B --out build/bench \
		$(N:%=--n %) $(RUNS:%=--runs %) $(PEERS:%=--peers %)

# Folders of an installation, quoted for the shell; their names may hold blanks.
TO       = "$(DESTDIR)$(PREFIX)"
MANUALS := $(wildcard man/*.[1-9])
ALERTS  := lib/audit/prometheus-alerts.yml
MODULE  := lib/python/infobatch.py

install: all                     ## install under PREFIX, as DESTDIR/PREFIX
	install -d $(TO)/bin $(TO)/include $(TO)/lib/pkgconfig \
		$(TO)/share/bash-completion/completions \
		$(TO)/share/zsh/site-functions $(TO)/share/fish/vendor_completions.d \
		$(TO)/share/infobatch \
		$(foreach s,1 3 5 7,$(TO)/share/man/man$s)
	install -m 755 $(NAMES:%=$B/%) $(TO)/bin
	install -m 644 lib/include/infobatch.h $(TO)/include
	install -m 644 $(LIB) $(SHARED) $(TO)/lib
	ln -sf $(notdir $(SHARED)) $(TO)/lib/$(SONAME)
	ln -sf $(SONAME) $(TO)/lib/libinfobatch.so
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: infobatch' \
		'Description: prune and weigh the samples of a training run' \
		'Version: $(VERSION)' 'Cflags: -I"$${prefix}/include"' \
		'Requires.private: $(LIBS)' \
		'Libs: -L"$${prefix}/lib" -linfobatch' \
		'Libs.private: -lbz2 -lm -pthread' \
		>$(TO)/lib/pkgconfig/infobatch.pc
	chmod 644 $(TO)/lib/pkgconfig/infobatch.pc
	$(foreach s,1 3 5 7,install -m 644 $(filter %.$s,$(MANUALS)) $(TO)/share/man/man$s &&) :
	install -m 644 $(NAMES:%=$B/completions/%) $(TO)/share/bash-completion/completions
	install -m 644 $(NAMES:%=$B/completions/_%) $(TO)/share/zsh/site-functions
	install -m 644 $(NAMES:%=$B/completions/%.fish) $(TO)/share/fish/vendor_completions.d
	install -m 644 $(ALERTS) $(MODULE) $(TO)/share/infobatch

uninstall:                       ## remove what install has put under PREFIX
	cd $(TO) && rm -f $(NAMES:%=bin/%) include/infobatch.h lib/$(notdir $(LIB)) \
		lib/$(notdir $(SHARED)) lib/$(SONAME) lib/libinfobatch.so \
		lib/pkgconfig/infobatch.pc \
		$(foreach m,$(notdir $(MANUALS)),share/man/man$(subst .,,$(suffix $m))/$m) \
		$(NAMES:%=share/bash-completion/completions/%) \
		$(NAMES:%=share/zsh/site-functions/_%) \
		$(NAMES:%=share/fish/vendor_completions.d/%.fish) \
		$(addprefix share/infobatch/,$(notdir $(ALERTS) $(MODULE)))
	rmdir $(TO)/share/infobatch 2>/dev/null || :

dist:                            ## a source archive of the last commit, the same bytes each time
	@mkdir -p build
	git archive --format=tar --prefix=infobatch-$(VERSION)/ HEAD | \
		gzip -9n >build/infobatch-$(VERSION).tar.gz

# All files in a package get the time of the last commit.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y Makefile)
source-date:
	@echo $(SOURCE_DATE_EPOCH)

deb:                             ## Debian packages, in build/deb
	$(call install_packages,$(PACKAGES_BUILD) $(firstword $(PACKAGES_DEB)))
	+$(Q)$(MAKE) --no-print-directory -j2 all
	@rm -rf build/stage build/deb
	+$(Q)$(MAKE) --no-print-directory -s install DESTDIR='$(CURDIR)/build/stage' PREFIX=/usr
	$(Q)SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) \
		tests/install/deb.sh build/stage $(VERSION) build/deb \
		$(filter %-dev,$(PACKAGES_BUILD))

check-packages: deb dist         ## Debian packages: lintian, install, remove; reproducible builds
	$(Q)tests/install/packages.sh

unit: $B/unit                    ## the unit tests' program
	@:
$B/unit: $(TESTSRC:%.c=$B/%.o) $(if $(OWN_CRITERION),$B/$(CRITERION)/run.o) $(LIB)
	$(call step,LD,$@)
	$(Q)$(CC) $(SANF) $(LDFLAGS) $^ $(LDLIBS) $(if $(OWN_CRITERION),,-lcriterion) -o $@

deps-train:                      ## install what the training recipes need
	$(call install_packages,$(PACKAGES_TRAIN))

train-demo: all deps-train       ## compare rules on seven tasks; TASK=name SEEDS=n
	$(Q)/usr/bin/python3 tests/training/compare_rules.py --bin $B --out build/train \
		$(TASK) $(SEEDS:%=--seeds %)
	$(Q)/usr/bin/python3 tests/training/profile_logs.py --bin $B build/train >build/train/logs.jsonl
	$(Q)/usr/bin/python3 tests/training/tables.py --plots build/train build/train

train-time: all deps-train       ## compare saved visits with saved CPU time on six tasks; TASK=name
	$(Q)/usr/bin/python3 tests/training/saved_time.py --bin $B $(TASK)

train-tables:                    ## make the tables of this comparison from the stored results
	$(Q)/usr/bin/python3 tests/training/tables.py testdata/training

$B/fuzz/%: $B/tests/fuzz/%.o $(FUZZSHARED:%=$B/tests/fuzz/%.o) \
		$B/tests/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(call step,LD,$@)
	$(Q)$(CC) $(SANF) $(LDFLAGS) $(filter %.o,$^) $(LIB) $(LDLIBS) -o $@

$B/fuzz/options: $B/cmd/values.o $B/cmd/options.o $B/cmd/memory.o
$(FUZZ)/fuzz-options: $(FUZZ)/cmd/values.o $(FUZZ)/cmd/options.o $(FUZZ)/cmd/memory.o

$(FUZZ)/lib/%.o:   INC = -Ilib/include -Ilib
$(FUZZ)/cmd/%.o:   INC = -Ilib/include
$(FUZZ)/tests/%.o: INC = -Ilib/include -Ilib -Itests -Itests/unit -Wno-conversion
$(FUZZ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call step,CC,$<)
	$(Q)clang $(FLAGS) $(INC) -O1 -g -fsanitize=fuzzer-no-link,$(FUZZSAN) \
		-fno-sanitize-recover=all \
		-c $< -o $@

$(FUZZ)/fuzz-%: $(FUZZ)/tests/fuzz/%.o $(FUZZSHARED:%=$(FUZZ)/tests/fuzz/%.o) \
		$(LIBSRC:%.c=$(FUZZ)/%.o) $(LIBCSS:%=$B/%.o)
	$(call step,LD,$@)
	$(Q)clang -fsanitize=fuzzer,$(FUZZSAN) $^ $(LDLIBS) -o $@

fuzz: $(FUZZED:%=$(FUZZ)/fuzz-%) ## build/fuzz/fuzz-NOUN for libFuzzer (clang)

clean:                           ## remove what was built
	rm -rf build

help:                            ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

-include $(wildcard $(foreach d,$B $(FUZZ),$d/lib/*/*.d $d/cmd/*.d $d/tests/unit/*.d $d/tests/fuzz/*.d))
