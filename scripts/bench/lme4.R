# Fits y ~ 1 + (1 | s) + (1 | d) with lme4, for scripts/bench/run.mjs.
# usage: Rscript scripts/bench/lme4.R RATINGS.csv LEVELS.csv [condvar]
# Writes group,level,blup[,condvar] and prints one line of JSON with its own phases in seconds of CPU.
# As fast as lme4 goes: no derivatives at the optimum, which are used for warnings only.
spent <- function() { times <- proc.time(); times[["user.self"]] + times[["sys.self"]] }
clock <- spent(); seconds <- list(start = clock)
lap <- function(name) { now <- spent(); seconds[[name]] <<- now - clock; clock <<- now }

arguments <- commandArgs(trailingOnly = TRUE)
condvar <- identical(arguments[3], "condvar")
suppressMessages(library(lme4))
lap("load")
data <- if (requireNamespace("data.table", quietly = TRUE)) {
  data.table::fread(arguments[1], select = c("s", "d", "y"), data.table = FALSE)
} else {
  head <- names(read.csv(arguments[1], nrows = 1))
  kinds <- setNames(rep("NULL", length(head)), head)
  kinds[c("s", "d", "y")] <- c("integer", "integer", "numeric")
  read.csv(arguments[1], colClasses = kinds)
}
data$s <- factor(data$s)
data$d <- factor(data$d)
lap("read")
fit <- lmer(y ~ 1 + (1 | s) + (1 | d), data, control = lmerControl(calc.derivs = FALSE))
lap("fit")
effects <- ranef(fit, condVar = condvar)
lap("levels")
table <- do.call(rbind, lapply(c("s", "d"), function(group) {
  level <- effects[[group]]
  columns <- data.frame(group = group, level = rownames(level), blup = level[[1]])
  if (condvar) columns$condvar <- c(attr(level, "postVar"))
  columns
}))
write.csv(table, arguments[2], row.names = FALSE, quote = FALSE)
lap("write")

number <- function(x) sprintf("%.15g", x)
theta <- getME(fit, "theta")
fixed <- coef(summary(fit))
cat(sprintf(
  '{"tool":"lme4","version":"%s, R %s.%s, %s","n":%d,"criterion":%s,"theta":{"s":%s,"d":%s},"sigma":%s,"fixed":[{"name":"intercept","estimate":%s,"se":%s}],"seconds":{%s}}\n',
  packageVersion("lme4"), R.version$major, R.version$minor, basename(dirname(extSoftVersion()[["BLAS"]])), nobs(fit),
  number(REMLcrit(fit)), number(theta[["s.(Intercept)"]]), number(theta[["d.(Intercept)"]]), number(sigma(fit)),
  number(fixed[1, 1]), number(fixed[1, 2]),
  paste(sprintf('"%s":%.3f', names(seconds), unlist(seconds)), collapse = ",")))
