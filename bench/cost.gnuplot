# gnuplot -e "dir='…'; out='…'" bench/cost.gnuplot: what a teardown costs against N: its requests and its wall time.
# In dir: requests.dat and wall.dat; a series is a line with its name and lines "N value", and ends with two empty lines.
set terminal svg size 960,420 font "sans-serif,12" background "white"
set output out
set multiplot layout 1,2
set logscale xy
set grid
set key left top
set xlabel "deployments"

plot_count(file) = int(system(sprintf("grep -c '^\"' '%s' || true", file)))

do for [of in "requests wall"] {
  file = dir . "/" . of . ".dat"
  set title (of eq "requests" ? "requests of a teardown" : "wall time of a teardown, s")
  count = plot_count(file)
  if (count > 0) {
    plot for [i = 0:count - 1] file index i using 1:2 with linespoints linewidth 2 title columnheader(1)
  }
}
unset multiplot
