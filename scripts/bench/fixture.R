# Makes the reference numbers in analytics/tests/fixture.rs: `Rscript scripts/bench/fixture.R` prints them as Rust.
# The data are made here and there by the same integer formula; the checksum says that both made the same.
# Wants lme4 only. Tight optimum: bobyqa restarted from its own result until nothing moves.
suppressMessages(library(lme4))

ROWS <- 600L; RATERS <- 40L; RATEES <- 15L; FIRMS <- 8L

# Park and Miller's generator, exact in double arithmetic: x <- 16807 x mod (2^31 - 1).
state <- 20260101
draw <- function(n) { state <<- (state * 16807) %% 2147483647; state %% n }
# Bell-shaped around zero: four draws from 0..2m less their mean.
bell <- function(m) draw(2 * m + 1) + draw(2 * m + 1) + draw(2 * m + 1) + draw(2 * m + 1) - 4 * m

severity <- vapply(seq_len(RATERS), function(i) bell(12), 0)
quality <- vapply(seq_len(RATEES), function(i) bell(20), 0)
house <- vapply(seq_len(FIRMS), function(i) bell(12), 0)
table <- matrix(0, ROWS, 6, dimnames = list(NULL, c("s", "d", "kind", "x8", "w2", "y64")))
for (row in seq_len(ROWS)) {
  s <- draw(RATERS); d <- draw(RATEES); kind <- draw(3); x8 <- draw(17); w2 <- 1 + draw(4)
  y64 <- 208 + severity[s + 1] + quality[d + 1] + house[s %% FIRMS + 1] + 2 * x8 - 9 * kind + bell(24)
  table[row, ] <- c(s, d, kind, x8, w2, y64)
}
checksum <- 0
for (value in t(table)) checksum <- (checksum * 31 + value + 1000) %% 2147483647

data <- data.frame(
  s = sprintf("s%02d", table[, "s"]), d = sprintf("d%02d", table[, "d"]), firm = sprintf("f%d", table[, "s"] %% FIRMS),
  kind = factor(c("a", "b", "c")[table[, "kind"] + 1]), x = table[, "x8"] / 8, w = table[, "w2"] / 2, y = table[, "y64"] / 64)

# Shortest decimal that reads back as the same double; levels to 13 digits.
shortest <- function(x) { for (digits in 15:17) { text <- sprintf("%.*g", digits, x); if (as.numeric(text) == x) break }; text }
literal <- function(x, text = vapply(x, shortest, "")) ifelse(grepl("[.e]", text), text, paste0(text, ".0"))
list_of <- function(x) paste0("[", paste(literal(x), collapse = ", "), "]")

cat(sprintf("// R %s.%s, lme4 %s, Matrix %s\n", R.version$major, R.version$minor, packageVersion("lme4"), packageVersion("Matrix")))
cat(sprintf("const CHECKSUM: u64 = %.0f;\n", checksum))
points <- list(c(1, 1, 1), c(0.25, 0.5, 0.125), c(0, 0.75, 0.5))
for (reml in c(TRUE, FALSE)) {
  formula <- y ~ x + kind + (1 | s) + (1 | d) + (1 | firm)
  # lmer sorts the terms by their number of levels: s, d, firm.
  criterion <- lmer(formula, data, REML = reml, weights = w, devFunOnly = TRUE)
  start <- NULL
  for (again in 1:5) {
    control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
    fit <- lmer(formula, data, REML = reml, weights = w, control = control, start = start)
    start <- getME(fit, "theta")
  }
  theta <- getME(fit, "theta")
  stopifnot(identical(names(theta), paste0(c("s", "d", "firm"), ".(Intercept)")))
  fixed <- coef(summary(fit))
  cat(sprintf("\n#[rustfmt::skip]\npub const %s: Reference = Reference {\n", if (reml) "REML" else "ML"))
  cat("    at: [\n")
  for (point in points) cat(sprintf("        (%s, %s),\n", list_of(point), literal(criterion(point))))
  cat(sprintf("    ],\n    criterion: %s,\n", literal(criterion(theta))))
  cat(sprintf("    theta: %s,\n    sigma: %s,\n    fixed: [\n", list_of(theta), literal(sigma(fit))))
  names <- sub("(Intercept)", "intercept", rownames(fixed), fixed = TRUE)
  cat(sprintf("        (\"%s\", %s, %s),\n", names, literal(fixed[, 1]), literal(fixed[, 2])), sep = "")
  cat("    ],\n    levels: [\n")
  effects <- ranef(fit, condVar = TRUE)
  for (group in c("s", "d", "firm")) {
    level <- effects[[group]]
    pairs <- sprintf("(%.13g,~%.13g),", level[[1]], c(attr(level, "postVar")))
    cat("        &[\n")
    cat(paste0("            ", gsub("~", " ", strwrap(paste(pairs, collapse = " "), 106)), "\n"), "        ],\n", sep = "")
  }
  cat("    ],\n};\n")
}
