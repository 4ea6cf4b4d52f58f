# demo: the whole circle, then the site on http://127.0.0.1:8080.   test: everything, installing what it needs.
# Every cargo command names the whole workspace: with fewer packages cargo would choose other features for shared
# dependencies and compile polars a second time. `make test` has cargo resolve the same features as `make demo`.

BUILT = $${CARGO_TARGET_DIR:-target}/debug
WEB = $(shell find web -not -path 'web/node_modules*' -not -path 'web/dist*' -type f 2>/dev/null)
NEXTEST = $(shell command -v cargo-nextest 2>/dev/null)

.PHONY: demo test check format build web cargo-test web-test rounds walk screenshots openapi everything bench validate attack attacks
# The pages are built before the tests that serve them.
.NOTPARALLEL:

demo: web build
	$(BUILT)/hengping demo

build:
	cargo build --workspace --locked

# Needs nothing from the system but a shell, Rust and node; scripts/test-setup adds the rest where it may.
test:
	scripts/test-setup
	HENGPING_REQUIRE_POSTGRES=1 scripts/with-postgres $(MAKE) everything

everything: check web-test web cargo-test rounds walk

check: web/node_modules/.package-lock.json
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	npm --prefix web run check

format: web/node_modules/.package-lock.json
	cargo fmt --all
	npm --prefix web run format

# nextest where it is installed; plain cargo test does the same, one test binary after the other.
# The programs are built first: the tests of the circle start hengping-analyse beside them.
cargo-test: build
ifdef NEXTEST
	cargo nextest run --workspace --locked --no-fail-fast
	cargo test --workspace --locked --doc
else
	cargo test --workspace --locked --no-fail-fast
endif

# The simulation study with all its replicates, on all cores; the table is also in target/validation.md. One package alone,
# because polars is nowhere below it; optimised, because it takes half an hour otherwise. InstEval is tried where
# HENGPING_REFERENCE_DATA names its directory. VALIDATE: further arguments, such as `--scenario base`.
validate:
	cargo run --release --locked -p hengping-study -- validate --out target/validation.json \
		$(if $(HENGPING_REFERENCE_DATA),--insteval $(HENGPING_REFERENCE_DATA)/InstEval.csv) $(VALIDATE)

web-test: web/node_modules/.package-lock.json
	npm --prefix web run test

web: web/dist/index.html

# The document the pages' types are made from; a test fails while it is not in step with the program.
openapi: build web/node_modules/.package-lock.json
	$(BUILT)/hengping openapi >web/openapi.json
	npm --prefix web run types

# The browser's own code against Rust: tokens, ballots, and everything that could be changed on the way. ROUNDS: how many,
# and in one of how many the costly parts are.
rounds: build web/node_modules/.package-lock.json
	cargo build --workspace --locked --example rounds
	node web/tools/run.mjs web/scripts/rounds.ts $(BUILT)/examples/rounds $(ROUNDS)

# WALK: arguments of `hengping demo` for the walk, such as a smaller city.
walk: web build
	scripts/walk $(BUILT)/hengping $(WALK)
	STEPS=tests/browser/apart.mjs scripts/walk $(BUILT)/hengping --apart bench --judges 16 --lawyers 120

# The proofs of the ballot with their controls, and what it costs, in one table; the lines are also in target/attack.json.
# A quarter of an hour: most tests that attack are in `make test` too, the long ones are here alone.
attack:
	scripts/test-setup
	HENGPING_REQUIRE_POSTGRES=1 scripts/with-postgres $(MAKE) attacks

# Without nextest all tests run, each once, which takes longer and finds the same.
ATTACKS = test(/^(anonymity|arrival|locks|forging|issuing|mixing|order|storm|load|opening|cost|crawl)::/) \
	+ test(/^record::/) + test(/^noise::tests::whoever_looks_for_one_rater_finds_little/) \
	+ test(/^attack::nobody_is_found_in_a_thousand/) + package(hengping-attack) + test(rust_costs)

attacks: web build
	rm -rf target/attack && mkdir -p target/attack
ifdef NEXTEST
	HENGPING_ATTACK=$(CURDIR)/target/attack cargo nextest run --workspace --locked --no-fail-fast --run-ignored all -E '$(ATTACKS)'
else
	HENGPING_ATTACK=$(CURDIR)/target/attack cargo test --workspace --locked --no-fail-fast -- --include-ignored
endif
	$(MAKE) rounds >target/attack/rounds.txt
	HENGPING_ATTACK=$(CURDIR)/target/attack node scripts/rounds-lines.mjs <target/attack/rounds.txt
	HENGPING_ATTACK=$(CURDIR)/target/attack ONLY=rater,measure scripts/walk $(BUILT)/hengping --judges 40 --lawyers 300
	$(BUILT)/hengping-attack target/attack --out target/attack.json

# This engine against lme4 and GPBoost, where they are installed. BENCH_SIZES and more: docs/benchmarks.md.
bench: build
	node --test --test-reporter=dot scripts/bench/bars.test.mjs
	node scripts/bench/run.mjs

# The README's picture, from the walk's.
screenshots: walk
	mkdir -p docs/screenshots
	for page in public sign-in rater-list rater-form rater-receipt ratee-result release-room fairness scorecard research; do \
		for language in zh-CN en; do \
			cp target/walk/$$page.$$language.png docs/screenshots/$$page-$${language%-CN}.png; \
		done; \
	done

web/dist/index.html: web/node_modules/.package-lock.json $(WEB)
	npm --prefix web run build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci --ignore-scripts --no-audit --no-fund
	@touch $@
