# Draws build/bench/growth.csv: a panel for each series, a line for each client.
csv = "build/bench/growth.csv"
set terminal svg size 900, 560 font "sans-serif,11" linewidth 1.2
set output "build/bench/growth.svg"
set datafile separator ","
set logscale xy
set format x "%.0s%c"
set format y "%g"
set grid linecolor "#dddddd"
set key off
set rmargin 2
set tmargin 3

clients = system("awk -F, 'NR > 1 && !seen[$3]++ { print $3 }' " . csv)
points(series, client) = sprintf("< awk -F, '$1 == \"%s\" && $3 == \"%s\"' %s", series, client, csv)
plots(series) = system(sprintf("grep -c '^%s,' %s", series, csv)) + 0 > 0

set multiplot layout 2, 3
do for [series in "text chunks streams answers events lists"] {
  if (series eq "text") { set key top right samplen 1; set title "us per chunk: stream:text()" } else { set key off }
  if (series eq "chunks") { set title "us per chunk: chunks as tables" }
  if (series eq "streams") { set title "us per stream: streams at once" }
  if (series eq "answers") { set title "us per KiB: bytes of an answer"; set format x "%.0b%B" }
  if (series eq "events") { set title "us per KiB: bytes of an event" }
  if (series eq "lists") { set title "us per call: length of a list for map"; set format x "%.0s%c" }
  if (plots(series)) {
    plot for [client in clients] points(series, client) using 2:4 with linespoints pointtype 7 pointsize 0.5 title client
  }
}
unset multiplot
