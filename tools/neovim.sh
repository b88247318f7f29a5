# Unpacks the Neovim of the next Debian into build/neovim, if it is not there:   sh tools/neovim.sh
# Nothing is installed. It brings its libraries along, libc, too, so that it runs on this Debian; patchelf, which is
# unpacked as well, tells it where they are. Where it cannot be had (another system, another processor), build/neovim is
# an empty folder but for a note, `missing`, which says why, and the specs do without it.
#   build/neovim/nvim        starts it
set -eu
cd "$(dirname "$0")/.."

suite=trixie
packages="neovim neovim-runtime libluajit-5.1-2 libmsgpack-c2 libtree-sitter0.22 libunibilium4 libuv1t64 libvterm0
  lua-lpeg lua-luv libc6 libgcc-s1 libstdc++6 patchelf"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
target=$PWD/build/neovim

[ "$suite $packages" != "$(cat "$target/packages" 2>/dev/null)" ] || exit 0

# All is made in a folder beside the target and then renamed: so the target is whole, or not there.
part=$target.part
rm -rf "$part"
mkdir -p "$part/deb" "$part/root" "$part/lists/partial" "$part/cache/archives/partial"
trap 'rm -rf "$part"' EXIT
trap 'exit 130' INT TERM

finish() {
  echo "$suite $packages" >"$part/packages"
  rm -rf "$target"
  mv "$part" "$target"
  exit 0
}
give_up() {
  echo "neovim: the one of Debian $suite cannot be had: $1" | tee "$part/missing" >&2
  finish
}

for need in apt-get dpkg; do
  command -v $need >/dev/null || give_up "no $need here"
done
[ "$(dpkg --print-architecture)" = amd64 ] || give_up "only amd64 was tried"
[ -f $keys ] || give_up "no $keys"

cd "$part"
# Lists of our own, which leave the system's alone. Without apt's sandbox: its user may not write here.
echo "deb [signed-by=$keys] http://deb.debian.org/debian $suite main" >sources.list
apt_get() {
  apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Dir::Cache="$part/cache" -o Dir::State::lists="$part/lists" \
    -o Dir::Etc::sourcelist="$part/sources.list" -o Dir::Etc::sourceparts=/dev/null "$@"
}
(apt_get update && cd deb && apt_get download $packages) >log 2>&1 || { cat log >&2; give_up "no download"; }
for package in deb/*.deb; do
  dpkg -x "$package" root
done

libraries=root/usr/lib/x86_64-linux-gnu
patchelf() { "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" root/usr/bin/patchelf "$@"; }
patchelf --set-interpreter "$target/$libraries/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$target/$libraries" root/usr/bin/nvim
cat >nvim <<'END'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
VIMRUNTIME=$here/root/usr/share/nvim/runtime exec "$here/root/usr/bin/nvim" "$@"
END
chmod +x nvim
rm -rf deb cache lists
finish
