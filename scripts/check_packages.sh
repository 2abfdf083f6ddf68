#!/usr/bin/env bash
# Builds the Debian packages, lets lintian read them, installs them with apt on a bare Debian 12 in a folder
# (debootstrap; needs root), runs the demo there and a C program against them, and removes them again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

skip() { echo "check_packages.sh: skipped, $1"; exit 0; }
command -v apt-get >/dev/null || skip "no apt here"
[ "$(id -u)" = 0 ] || skip "a bare Debian is made by root"

scripts/release.sh build/dist
scripts/install_dependencies.sh --packages
# Only what goes into Debian's archive closes a bug there; cpack writes scripts where triggers suffice.
lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs,maintscript-calls-ldconfig \
  build/dist/*.deb

work=$(mktemp -d)
root=$work/root
leave() {
  umount -q "$root/proc" "$root/dev" 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap leave EXIT

sources=/etc/apt/sources.list.d/debian.sources
mirror=$(sed -n 's/^URIs: //p' "$sources" 2>/dev/null | head -n 1)
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "${mirror:-http://deb.debian.org/debian}" \
  >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; skip "no bare Debian could be made"; }
# Mirrors and proxies as they are here.
if [ -e "$sources" ]; then cp "$sources" "$root/etc/apt/sources.list.d/" && : >"$root/etc/apt/sources.list"; fi
cp /etc/apt/apt.conf.d/99* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
cp build/dist/*.deb examples/classify.c "$root/root/"

chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive bash -euo pipefail <<'IN_THE_BARE_DEBIAN'
cd /root
apt-get update -q=2
apt-get install -q=2 -y --no-install-recommends ./qprompt_*.deb >/dev/null
qprompt demo >demo.log 2>&1 || { cat demo.log >&2; exit 1; }
qprompt classify --help >/dev/null
test -s /usr/share/man/man1/qprompt-classify.1.gz

apt-get install -q=2 -y --no-install-recommends ./libqprompt*.deb gcc libc6-dev pkg-config >/dev/null
gcc -std=c11 classify.c -o classify $(pkg-config --cflags --libs qprompt)
demo=/usr/share/qprompt/demo
./classify $demo/model - $demo/pictures/val/black_moon/00.webp "black moon" "red dotted star" | tee answer
grep -q '^black moon ' answer

apt-get purge -q=2 -y qprompt 'libqprompt*' >/dev/null
rest=$(find /usr -name '*qprompt*')
[ -z "$rest" ] || { echo "left behind: $rest" >&2; exit 1; }
IN_THE_BARE_DEBIAN
echo "check_packages.sh: passed"
