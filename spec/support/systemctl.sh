# Stands for systemctl where the documents are tried. Units, and what they name, are below $DESTDIR, where Lua finds what
# was installed, too; the service of a timer that is enabled runs at once, with nothing else of the environment.
set -eu

value() { sed -n "s/^$1=//p" "$DESTDIR/etc/systemd/system/$unit.service"; }

case "$*" in
  daemon-reload) exit 0 ;;
  "enable --now "*.timer) ;;
  *) echo "not understood: systemctl $*" >&2; exit 1 ;;
esac
unit=${3%.timer}
[ -f "$DESTDIR/etc/systemd/system/$unit.timer" ] || { echo "there is no $unit.timer" >&2; exit 1; }

credential=$(value LoadCredential)
mkdir -p "$DESTDIR/run/credentials"
cp "$DESTDIR${credential#*:}" "$DESTDIR/run/credentials/${credential%%:*}"
lua=$DESTDIR/usr/local
exec env -i PATH="$PATH" "$(value Environment)" CREDENTIALS_DIRECTORY="$DESTDIR/run/credentials" \
  LUA_PATH="$lua/share/lua/5.4/?.lua;$lua/share/lua/5.4/?/init.lua;;" LUA_CPATH="$lua/lib/lua/5.4/?.so;;" \
  sh -c "$(value ExecStart | sed "s| /usr/local| $lua|g")"
