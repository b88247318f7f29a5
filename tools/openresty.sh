# Unpacks nginx's Lua module into build/openresty:   sh tools/openresty.sh
# Debian's libnginx-mod-http-lua needs libluajit2-5.1-2, which cannot be installed beside the LuaJIT of Neovim and of
# our other tests: so nothing is installed. Whoever starts nginx sets LD_LIBRARY_PATH for that process alone.
#   build/openresty/lib      libluajit of OpenResty
#   build/openresty/modules  ndk_http_module.so, ngx_http_lua_module.so
#   build/openresty/lua      lua-resty-core, lua-resty-lrucache
set -eu
cd "$(dirname "$0")/.."

packages="libnginx-mod-http-lua libnginx-mod-http-ndk lua-resty-core lua-resty-lrucache libluajit2-5.1-2 libluajit2-5.1-common"
target=build/openresty

# "lua" is linked last: when it is there, everything is.
[ ! -e "$target/lua/resty/core.lua" ] || exit 0

for program in apt-get dpkg; do
  command -v $program >/dev/null || { echo "openresty: no $program here: this needs Debian or Ubuntu" >&2; exit 1; }
done

rm -rf "$target"
mkdir -p "$target/deb" "$target/root"
(
  cd "$target/deb"
  apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=3 download $packages >log 2>&1 || {
    cat log >&2
    echo "openresty: cannot download; perhaps after: apt-get update" >&2
    exit 1
  }
)
for package in "$target"/deb/*.deb; do
  dpkg -x "$package" "$target/root"
done

library=$(cd "$target" && find root -name 'libluajit-5.1.so.2' | head -n 1)
[ -n "$library" ] || { echo "openresty: no libluajit in the packages" >&2; exit 1; }
ln -s "$(dirname "$library")" "$target/lib"
ln -s root/usr/lib/nginx/modules "$target/modules"
ln -s root/usr/share/lua/5.1 "$target/lua"
