# infobatch: `make demo`, `make check`, `make help`.
# CC, CFLAGS, LDFLAGS, PREFIX and DESTDIR are the user's.

CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := $(shell sed -n 's/^.define IB_VERSION "\(.*\)"/\1/p' lib/include/infobatch.h)

# What a fresh Debian 12 needs besides make and a C compiler.
PACKAGES_BUILD := pkg-config libarchive-dev libzstd-dev libcjson-dev \
	libxxhash-dev libdeflate-dev \
	zlib1g-dev liblzma-dev libbz2-dev
PACKAGES_CHECK := libcriterion-dev zstd gzip xz-utils bzip2 lz4 jq xxhash \
	mandoc valgrind cppcheck clang python3 python3-numpy python3-xxhash zip unzip
# For the training recipes: check-training skips without them, train-demo installs them.
PACKAGES_TRAIN := python3-torch python3-sklearn python3-scipy \
	libopenblas0-pthread zstd dataset-fashion-mnist wordnet-base

comma := ,
LIBS  := libarchive libzstd libcjson libxxhash libdeflate zlib liblzma
WARN  := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Werror
B     := build/$(or $(subst $(comma),-,$(SAN)),release)
SANF  := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
FLAGS  = -std=c11 -D_POSIX_C_SOURCE=200809L -pthread -fPIC \
	-ffp-contract=off $(WARN) $(SANF) -MMD -MP \
	$(shell pkg-config --cflags $(LIBS))
LDLIBS = $(shell pkg-config --libs $(LIBS)) -lbz2 -lm -pthread

LIBSRC  := $(sort $(wildcard lib/*/*.c))
CMDSRC  := $(sort $(wildcard cmd/ib-*.c))
CLISRC  := $(sort $(filter-out $(CMDSRC),$(wildcard cmd/*.c)))
TESTSRC := $(sort $(wildcard tests/test_*.c))
CMDS    := $(CMDSRC:%.c=$B/%)
NAMES   := $(CMDSRC:cmd/%.c=%)
LIB     := $B/libinfobatch.a
# Fuzz targets: a noun each; the rest of tests/fuzz is what they share.
FUZZED  := $(filter-out replay file,$(patsubst tests/fuzz/%.c,%,\
	$(sort $(wildcard tests/fuzz/*.c))))
FUZZ    := build/fuzz
FUZZSAN := address,undefined

.PHONY: all deps deps-check unit check-quick check-cli check-fuzz fuzz check-training \
	deps-train train-demo completions help clean
.DEFAULT_GOAL := all

all: $(NAMES:%=$B/%)             ## the commands, in build/release

$B/lib/%.o:   INC = -Ilib/include -Ilib
$B/cmd/%.o:   INC = -Ilib/include
$B/tests/%.o: INC = -Ilib/include -Ilib -Itests -Wno-conversion
$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(FLAGS) $(INC) $(CFLAGS) -c $< -o $@

$(LIB): $(LIBSRC:%.c=$B/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(NAMES:%=$B/%): $B/%: $B/cmd/%.o $(CLISRC:%.c=$B/%.o) $(LIB)
	$(CC) $(SANF) $(LDFLAGS) $^ $(LDLIBS) -o $@

unit: $B/unit                    ## the unit tests' program
$B/unit: $(TESTSRC:%.c=$B/%.o) $(LIB)
	$(CC) $(SANF) $(LDFLAGS) $^ $(LDLIBS) -lcriterion -o $@

check-quick: $B/unit all check-fuzz ## unit and command tests, in a minute
	$B/unit -j2 --quiet
	IB_BIN=$B tests/cmd.sh

check-cli: all                   ## the commands as a user runs them
	IB_BIN=$B tests/cmd.sh

check-training: all              ## every training recipe on a tiny subset
	/usr/bin/python3 tests/training/check.py $B

deps-train:                      ## install what the training recipes need
	@dpkg -s $(PACKAGES_TRAIN) >/dev/null 2>&1 || \
		apt-get install -y --no-install-recommends $(PACKAGES_TRAIN)

train-demo: all deps-train       ## compare rules on four tasks; TASK=name SEEDS=n
	/usr/bin/python3 tests/training/demo.py --bin $B --out build/train \
		$(TASK:%=--task %) $(SEEDS:%=--seeds %)

completions: all                 ## completion for bash, zsh and fish
	@mkdir -p $B/completions
	for c in $(NAMES); do \
		$B/$$c --completion=bash >$B/completions/$$c && \
		$B/$$c --completion=zsh >$B/completions/_$$c && \
		$B/$$c --completion=fish >$B/completions/$$c.fish || exit 1; \
	done

$B/fuzz/%: $B/tests/fuzz/%.o $B/tests/fuzz/file.o $B/tests/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(SANF) $(LDFLAGS) $^ $(LDLIBS) -o $@

check-fuzz: $(FUZZED:%=$B/fuzz/%) ## the fuzz targets over their corpora
	for f in $(FUZZED); do $B/fuzz/$$f testdata/fuzz/$$f/* || exit 1; done

$(FUZZ)/lib/%.o:   INC = -Ilib/include -Ilib
$(FUZZ)/tests/%.o: INC = -Ilib/include -Ilib -Itests -Wno-conversion
$(FUZZ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	clang $(FLAGS) $(INC) -O1 -g -fsanitize=fuzzer-no-link,$(FUZZSAN) \
		-c $< -o $@

$(FUZZ)/fuzz-%: $(FUZZ)/tests/fuzz/%.o $(FUZZ)/tests/fuzz/file.o $(LIBSRC:%.c=$(FUZZ)/%.o)
	clang -fsanitize=fuzzer,$(FUZZSAN) $^ $(LDLIBS) -o $@

fuzz: $(FUZZED:%=$(FUZZ)/fuzz-%) ## build/fuzz/fuzz-NOUN for libFuzzer (clang)

clean:                           ## remove what was built
	rm -rf build

help:                            ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

-include $(shell find build -name '*.d' 2>/dev/null)
