# gnuplot -e "dir='…'; out='…'" bench/cost.gnuplot: what a teardown costs against N: its requests and its wall time.
# In dir: requests.dat and seconds.dat; a series is a line with its name and lines "N value", and ends with two empty
# lines. The legend stands below, where no line comes.
set terminal svg size 960,520 font "sans-serif,12" background "white"
set output out
set multiplot layout 1,2
set logscale xy
set grid
set key below Left reverse maxcols 1
set xlabel "deployments in the fleet" offset 0,0.5
set xrange [0.8:12500]

do for [of in "requests seconds"] {
  file = dir . "/" . of . ".dat"
  set title (of eq "requests" ? "requests of a teardown" : "wall time of a teardown") . " (phases of 0.5 s, 20 ms latency)"
  set ylabel (of eq "requests" ? "requests" : "seconds")
  count = int(system(sprintf("grep -c '^\"' '%s'", file)))
  plot for [i = 0:count - 1] file index i using 1:2 with linespoints linewidth 2 title columnheader(1)
}
unset multiplot
