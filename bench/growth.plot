# Draws build/bench/growth.csv: a panel for each series, a line for each client.
csv = "build/bench/growth.csv"
set terminal pngcairo size 1080, 640 font "sans-serif,9" linewidth 1.4
set output "build/bench/growth.png"
set datafile separator ","
set logscale xy
set format y "%g"
set grid linecolor "#dddddd"
set pointsize 0.5

# Names have no spaces, so that they are words.
clients = system("awk -F, 'NR > 1 && !seen[$3]++ { print $3 }' " . csv)
points(series, client) = sprintf("< awk -F, '$1 == \"%s\" && $3 == \"%s\"' %s", series, client, csv)
has(series, client) = system(sprintf("grep -c '^%s,[^,]*,%s,' %s", series, client, csv)) + 0 > 0
file(series, client) = has(series, client) ? points(series, client) : "< echo 1,1,1,NaN"

series = "chunks text streams answers events lists"
array titles = [ "us a chunk, by the chunks of a stream: tables", "us a chunk: stream:text()", \
  "us a stream, by the streams at once", "us a KiB, by the bytes of an answer", \
  "us a KiB, by the bytes of an event", "us a call, by the length of a list for map" ]

set multiplot layout 2, 3
do for [s = 1:words(series)] {
  name = word(series, s)
  set title titles[s]
  set yrange [*:*]
  if (name eq "text") { set key top right samplen 1.5; set yrange [0.05:50] } else { set key off }
  if (name eq "answers" || name eq "events") {
    set logscale x 2
    set xrange [512:2**27]
    set xtics ("1Ki" 2**10, "16Ki" 2**14, "256Ki" 2**18, "4Mi" 2**22, "16Mi" 2**24, "64Mi" 2**26)
  } else {
    set logscale x 10
    set xrange [name eq "chunks" || name eq "text" ? 500 : 0.7 : *]
    set xtics auto format "%.0s%c"
  }
  plot for [i = 1:words(clients)] file(name, word(clients, i)) using 2:4 with linespoints linetype i \
    linewidth (word(clients, i) eq "lua5.4" || word(clients, i) eq "luajit" ? 2.2 : 1) pointtype 7 title word(clients, i)
}
unset multiplot
