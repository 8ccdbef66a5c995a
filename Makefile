# SPDX-License-Identifier: Apache-2.0
#
# ocigate: one static binary from enforce/ (what is judged) and hook/ (front ends).
#
#   make            the binary, build/ocigate
#   make check      unit tests and rule cases: seconds, no root
#   make test       everything, real runtimes included: root
#   make demo       real containers denied and admitted under runc: root
#   make lint       dependencies, sizes, formats, analyzers
#   make asan       unit tests and rule cases under AddressSanitizer and UBSan
#   make fuzz     every parser under libFuzzer, FUZZ_SECONDS=60 each: clang
#   make mutants    small wrong changes of rules and reader: does a test notice each?
#   make bench      figures: instructions, page faults, system calls, ratios
#   make order      hook/order.ld anew: what the linker lays side by side
#   make bench-docs the comparison in install/docs/performance.md: go too, if it is there
#   make install    DESTDIR= PREFIX=/usr/local
#   make config     what comes from the rules and verbs in config/, manual pages and completion, after a change of one
#   make tarball    build/dist: the program with all that installing takes, for nodes without a compiler
#   make deb        build/deb: the Debian package

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
CC ?= cc
# What runs while building: of a cross compiler's name ("aarch64-linux-gnu-gcc") there is nothing to be had here.
HOSTCC ?= $(if $(findstring -linux-,$(CC)),cc,$(CC))
AR ?= ar
VERSION := 0.1.0

# --- flags: each is probed, so that an older or other compiler still builds; the user's CFLAGS come last ---
comma := ,
probe = $(shell for f in $(1); do echo 'int main(void){return 0;}' | $(CC) -Werror $$f -x c - -o /dev/null 2>/dev/null && echo $$f; done)

WARN_WANTED := -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wconversion -Wcast-qual -Wcast-align -Wpointer-arith \
	-Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wswitch-enum \
	-Wnull-dereference -Wimplicit-fallthrough -Wdate-time -Wlogical-op -Wduplicated-cond -Wduplicated-branches \
	-Wtrampolines -Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=return-type \
	-Werror=int-conversion
HARDEN_WANTED := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr -fno-strict-aliasing -fno-strict-overflow \
	-fno-delete-null-pointer-checks -fvisibility=hidden
# Each function for itself, so that the linker can lay them as hook/order.ld says.
LAYOUT_WANTED := -ffunction-sections
LINK_WANTED := -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code
ORDER_WANTED := -Wl,-T,hook/order.ld
# hook/start.c
START := $(if $(filter x86_64-linux-gnu x86_64-%-linux-gnu,$(shell $(CC) -dumpmachine)),-Wl$(comma)-e$(comma)warm_start)

# Probing costs a compiler start a flag; the answers are kept as long as the compiler is the same.
PROBED := $(BUILD)/flags.mk
-include $(PROBED)

OPT ?= -O2
# A file's name in the binary must not depend on where the tree lies, nor may its time: same source, same bytes.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=.
CPPFLAGS_ALL := -D_GNU_SOURCE -DOCIGATE_VERSION='"$(VERSION)"' -Iinclude $(CPPFLAGS)
CFLAGS_ALL = -std=c11 $(OPT) -g $(FORTIFY) $(WARN) $(HARDEN) $(LAYOUT) $(REPRODUCIBLE) $(WERROR) $(CFLAGS)
LDFLAGS_ALL = $(LINK) $(LDFLAGS)
LIBS := -lseccomp -ljansson -lapparmor -lcap -lmd
FORTIFY ?= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3

# --- what is built ---
ENFORCE := $(sort $(wildcard enforce/*.c enforce/*/*.c))
HOOK := $(sort $(wildcard hook/*.c))
HEADERS := $(sort $(wildcard include/ocigate/*.h include/ocigate/*.def enforce/*/*.h hook/*.h))
UNIT := $(sort $(wildcard tests/unit/*.c))
enforce_o := $(ENFORCE:%.c=$(BUILD)/%.o)
hook_o := $(HOOK:%.c=$(BUILD)/%.o)
unit_o := $(UNIT:%.c=$(BUILD)/%.o)
# Parts of the front ends that are tested as units: all but what owns the process.
hook_parts_o := $(BUILD)/hook/options.o $(BUILD)/hook/runtime_args.o $(BUILD)/hook/runtime_flags.o $(BUILD)/hook/exec_process.o
cases_o := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/rules/*.c)))

.PHONY: fuzz mutants tarball deb all config check test demo lint asan bench bench-docs order install clean dist-clean
.DELETE_ON_ERROR:
all: $(BUILD)/ocigate $(BUILD)/ocigate-runtime

$(PROBED): Makefile
	@mkdir -p $(@D)
	@printf '%s := %s\n' WARN "$(call probe,$(WARN_WANTED))" HARDEN "$(call probe,$(HARDEN_WANTED))" \
		LAYOUT "$(call probe,$(LAYOUT_WANTED))" LINK "$(call probe,$(LINK_WANTED))" ORDER "$(call probe,$(ORDER_WANTED))" >$@

$(BUILD)/%.o: %.c $(PROBED) Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIE -MMD -MP -c $< -o $@

# The default seccomp profile is built in, without its comments and white space.
$(BUILD)/gen/seccomp_default.inc: config/seccomp/default.json Makefile
	@mkdir -p $(@D)
	sed -e '/^ *"comment":/d' -e 's/^ *//' $< | tr -d '\n' | od -An -v -tx1 | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g' >$@

$(BUILD)/enforce/amend/seccomp_profile.o: $(BUILD)/gen/seccomp_default.inc
$(BUILD)/enforce/amend/seccomp_profile.o: CPPFLAGS_ALL += -I$(BUILD)/gen

# What is kept from one start to the next is good for the program alone that was made from the same source.
$(BUILD)/gen/build_source.h: $(ENFORCE) $(HEADERS) Makefile
	@mkdir -p $(@D)
	cat $(ENFORCE) $(HEADERS) | sha256sum | sed 's/^\(.\{16\}\).*/#define BUILD_SOURCE "\1"/' >$@

$(BUILD)/enforce/base/build.o: $(BUILD)/gen/build_source.h
$(BUILD)/enforce/base/build.o: CPPFLAGS_ALL += -I$(BUILD)/gen

# The hook's own seccomp filter is compiled here: what it runs on is this machine, what it is for is the compiler's target.
$(BUILD)/gen/make_filter: enforce/confine/build/make_filter.c enforce/confine/calls.def Makefile
	@mkdir -p $(@D)
	$(HOSTCC) -O1 -o $@ $< -lseccomp

$(BUILD)/gen/confine_filter.inc: $(BUILD)/gen/make_filter
	$(BUILD)/gen/make_filter $(shell $(CC) -dumpmachine) >$@

$(BUILD)/enforce/confine/confine.o: $(BUILD)/gen/confine_filter.inc
$(BUILD)/enforce/confine/confine.o: CPPFLAGS_ALL += -I$(BUILD)

# The report's page brings its style and its script along.
$(BUILD)/gen/report_style.inc: enforce/report/page.css Makefile
$(BUILD)/gen/report_script.inc: enforce/report/page.js Makefile
$(BUILD)/gen/report_%.inc:
	@mkdir -p $(@D)
	od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g; $$s/$$/0x00/' >$@

$(BUILD)/enforce/report/html.o: $(BUILD)/gen/report_style.inc $(BUILD)/gen/report_script.inc
$(BUILD)/enforce/report/html.o: CPPFLAGS_ALL += -I$(BUILD)/gen

$(BUILD)/libocigate.a: $(enforce_o)
	@rm -f $@
	$(AR) rcsD $@ $(sort $(enforce_o))

$(BUILD)/ocigate: $(hook_o) $(BUILD)/libocigate.a hook/order.ld
	$(CC) $(CFLAGS_ALL) -static-pie $(LDFLAGS_ALL) $(ORDER) $(START) -Wl,--build-id=none $(sort $(hook_o)) $(BUILD)/libocigate.a $(LIBS) -o $@

$(BUILD)/ocigate-runtime: $(BUILD)/ocigate
	ln -sf ocigate $@

# --- tests ---
$(BUILD)/unit-tests: $(unit_o) $(hook_parts_o) $(BUILD)/libocigate.a
	$(CC) $(CFLAGS_ALL) -pie $(LDFLAGS_ALL) $(unit_o) $(hook_parts_o) $(BUILD)/libocigate.a $(LIBS) -lcriterion -o $@

$(BUILD)/rule-cases: $(cases_o) $(BUILD)/libocigate.a
	$(CC) $(CFLAGS_ALL) -pie $(LDFLAGS_ALL) $^ $(LIBS) -o $@

check: $(BUILD)/ocigate $(BUILD)/unit-tests $(BUILD)/rule-cases
	@BUILD=$(BUILD) sh tests/run.sh check

test: all $(BUILD)/unit-tests $(BUILD)/rule-cases
	@BUILD=$(BUILD) sh tests/run.sh all

asan:
	@$(MAKE) --no-print-directory BUILD=build-asan OPT='-O1 -fno-omit-frame-pointer' FORTIFY= HARDEN= \
		CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=all $(CFLAGS)' build-asan/unit-tests build-asan/rule-cases
	@BUILD=build-asan sh tests/run.sh asan

demo: all
	@BUILD=$(BUILD) sh tests/demo.sh

lint: $(PROBED)
	@BUILD=$(BUILD) sh tests/lint/run.sh

fuzz:
	@BUILD=$(BUILD) sh tests/fuzz/run.sh

mutants: $(BUILD)/unit-tests $(BUILD)/rule-cases
	@BUILD=$(BUILD) python3 tests/mutation/run.py

bench: all
	@BUILD=$(BUILD) sh tests/bench/run.sh
	@echo
	@BUILD=$(BUILD) sh tests/bench/wrapper.sh
	@echo
	@BUILD=$(BUILD) sh tests/bench/seccomp.sh

# All figures of install/docs/performance.md anew, some minutes; go if it is there.
bench-docs: all
	@BUILD=$(BUILD) sh tests/bench/compare.sh install/docs

# What a judgement runs through, for the linker: once in a while, when much has moved; valgrind, root.
order:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/order LDFLAGS='-Wl,-Map,$(BUILD)/order/map $(LDFLAGS)' $(BUILD)/order/ocigate
	@BUILD=$(BUILD)/order sh tests/bench/order.sh $(BUILD)/order/map >$(BUILD)/order/order.ld
	mv $(BUILD)/order/order.ld hook/order.ld

install: all
	sh install/files.sh --destdir "$(DESTDIR)" --prefix "$(PREFIX)" --binary $(BUILD)/ocigate install

# What is handed on: the same bytes from the same source, the changelog's day in them.
SOURCE_DATE_EPOCH ?= $(shell date -d "$$(sed -n 's/^ -- .*>  //p;T;q' install/debian/changelog)" +%s)
PACKED := LC_ALL=C tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$(SOURCE_DATE_EPOCH) --mode=go=rX,u+rw,a-s
NAME := ocigate-$(VERSION)

# For nodes without a compiler: tar -x, then sh install/install.sh install.
tarball: all
	rm -rf $(BUILD)/dist/$(NAME)
	mkdir -p $(BUILD)/dist/$(NAME)/bin
	cp $(BUILD)/ocigate $(BUILD)/dist/$(NAME)/bin
	cp -R README.md LICENSE config install $(BUILD)/dist/$(NAME)
	cd $(BUILD)/dist/$(NAME) && rm -rf install/debian install/quickstart.sh install/words.py install/edit/__pycache__ && \
		find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
	$(PACKED) -C $(BUILD)/dist -c $(NAME) | gzip -9n >$(BUILD)/dist/$(NAME)-$(shell uname -m).tar.gz
	rm -rf $(BUILD)/dist/$(NAME)

# By Debian's own tools, which want debian/ at the top of a tree of their own.
deb:
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb/$(NAME)
	$(PACKED) --exclude=./.git --exclude='./build*' --exclude='__pycache__' -c . | tar -x -C $(BUILD)/deb/$(NAME)
	mv $(BUILD)/deb/$(NAME)/install/debian $(BUILD)/deb/$(NAME)/debian
	cd $(BUILD)/deb/$(NAME) && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u BUILD dpkg-buildpackage -us -uc $(DEBFLAGS)

# What the binary says of itself, kept in the tree for people and editors; tests compare.
config: $(BUILD)/ocigate
	$(BUILD)/ocigate policy defaults >config/presets/default.json
	$(BUILD)/ocigate rules --format schema >config/schema/policy.schema.json
	python3 -B install/words.py $(BUILD)/ocigate update

clean:
	rm -rf $(BUILD) build-asan $(BUILD)-fuzz

-include $(enforce_o:.o=.d) $(hook_o:.o=.d) $(unit_o:.o=.d) $(cases_o:.o=.d)
