# Makes a picture of what a terminal shows:   sh tools/picture.sh TITLE COLUMNS <text with colours >picture.svg
# aha turns it into HTML, which stands in the picture as it is: one <pre>, so no blank can be lost.
set -eu

title=$1 columns=$2 text=$(cat)
html=$(printf '%s\n' "$text" | aha --no-header)
width=$((columns * 17 / 2 + 36)) height=$(($(printf '%s\n' "$text" | wc -l) * 18 + 56))
cat <<END
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width" height="$height" role="img" aria-label="$title">
<rect width="$width" height="$height" rx="8" fill="#16181d"/>
<path d="M0 34 V8 a8 8 0 0 1 8 -8 H$((width - 8)) a8 8 0 0 1 8 8 V34 Z" fill="#23262e"/>
<circle cx="18" cy="17" r="5.5" fill="#f2777a"/><circle cx="36" cy="17" r="5.5" fill="#f0c674"/><circle cx="54" cy="17" r="5.5" fill="#8fce7e"/>
<text x="$((width / 2))" y="22" text-anchor="middle" fill="#9aa0ab" font-family="monospace" font-size="14">$title</text>
<foreignObject x="14" y="44" width="$((width - 14))" height="$((height - 44))">
<pre xmlns="http://www.w3.org/1999/xhtml" style="margin:0;white-space:pre;color:#d4d7dd;font:14px/18px 'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace">$html</pre>
</foreignObject>
</svg>
END
