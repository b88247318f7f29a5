# Unpacks nginx with its Lua module into build/openresty, if it is not there:   sh tools/openresty.sh
# Nothing is installed: Debian's libnginx-mod-http-lua needs libluajit2-5.1-2, which apt refuses beside the LuaJIT of
# Neovim and of our other tests, and an nginx that is installed begins to serve on this machine. What it needs besides
# (libpcre2-8, libssl3, zlib) is wherever git and libcurl are.
#   build/openresty/nginx     starts it, with the libraries below for that process alone
#   build/openresty/lib       libluajit of OpenResty, libpcre
#   build/openresty/modules   ndk_http_module.so, ngx_http_lua_module.so
#   build/openresty/lua       lua-resty-core, lua-resty-lrucache
#   build/openresty/lua-c     the system's own Lua modules in C (lua-cjson)
#   build/openresty/packages  what was unpacked
set -eu
cd "$(dirname "$0")/.."

packages="nginx libnginx-mod-http-lua libnginx-mod-http-ndk lua-resty-core lua-resty-lrucache
  libluajit2-5.1-2 libluajit2-5.1-common libpcre3"
target=$PWD/build/openresty

[ "$packages" != "$(cat "$target/packages" 2>/dev/null)" ] || exit 0

for program in apt-get dpkg; do
  command -v $program >/dev/null || { echo "openresty: no $program here: this needs Debian or Ubuntu" >&2; exit 1; }
done

# All is made in a folder beside the target and then renamed: so the target is whole, or not there.
part=$target.part
rm -rf "$part"
mkdir -p "$part/deb" "$part/root" "$part/lib" "$part/lists/partial" "$part/cache/archives/partial"
trap 'rm -rf "$part"' EXIT
trap 'exit 130' INT TERM
cd "$part"

# Without apt's sandbox: its user may not write here.
apt_get() { apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Dir::Cache="$part/cache" "$@"; }

# What the machine knows of packages may be old, or nothing at all: then lists of our own are fetched.
download() {
  cd deb
  apt_get download $packages ||
    { apt_get -o Dir::State::lists="$part/lists" update &&
      apt_get -o Dir::State::lists="$part/lists" download $packages; }
}
(download) >log 2>&1 || { cat log >&2; echo "openresty: the packages cannot be downloaded" >&2; exit 1; }
for package in deb/*.deb; do
  dpkg -x "$package" root
done

libraries=$(find root -name 'libluajit-5.1.so.2' -o -name 'libpcre.so.3')
for library in $libraries; do
  ln -s "../$library" lib/
done
triplet=$(basename "$(dirname "$library")")
ln -s root/usr/lib/nginx/modules modules
ln -s root/usr/share/lua/5.1 lua
ln -s "/usr/lib/$triplet/lua/5.1" lua-c
cat >nginx <<'END'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
LD_LIBRARY_PATH=$here/lib exec "$here/root/usr/sbin/nginx" "$@"
END
chmod +x nginx
./nginx -v
rm -rf deb cache lists log
echo "$packages" >packages

rm -rf "$target"
mv "$part" "$target"
