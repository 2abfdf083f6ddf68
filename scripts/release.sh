#!/usr/bin/env bash
# Builds what a release consists of, and its checksums: Debian packages, a Python wheel, the sources. The same
# commit gives the same bytes, in whatever folder. usage: scripts/release.sh [FOLDER]     default: build/dist
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

dist=$(realpath -m "${1:-build/dist}")
version=$(sed -n 's/^project(qprompt VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
# Sources without a repository say by SOURCE_DATE_EPOCH what time it is.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  git diff --quiet HEAD -- || { echo "release.sh: changes that are not committed" >&2; exit 1; }
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH
grep -q "^## ${version//./\\.}\$" CHANGELOG.md || { echo "release.sh: CHANGELOG.md has no $version" >&2; exit 1; }

rm -rf "$dist" && mkdir -p "$dist"
scripts/install_dependencies.sh --packages
scripts/build.sh package
(umask 022 && cd build/package && cpack -G DEB -B "$dist" >cpack.log) || { cat build/package/cpack.log >&2; exit 1; }
rm -rf "$dist/_CPack_Packages"
if [ -x scripts/python_wheel.sh ]; then
  scripts/python_wheel.sh
  cp build/wheels/*.whl "$dist"
fi
if [ -e .git ]; then git archive --prefix="qprompt-$version/" HEAD | gzip -9n >"$dist/qprompt-$version.tar.gz"; fi
cd "$dist"
sha256sum -- * >SHA256SUMS
sha256sum --check --quiet SHA256SUMS
echo "release.sh: $dist ($(ls | grep -cvx SHA256SUMS) files, checksums right)"
