#!/usr/bin/env bash
# Installs the Debian packages the project is built with, if any is missing. docs/dependencies.md says
# what each is for. usage: scripts/install_dependencies.sh [--test] [--lint] [--packages] [--python] [--engines]
#   --test: also what pages, man pages and completions are looked at with     --lint: also what lint.sh and fuzz.sh need
#   --packages: also what release.sh and check_packages.sh need
#   --python: also what the wheel is built with     --engines: also what it is tested beside (PyTorch, Spark)
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config
  libdnnl-dev libeigen3-dev libhwy-dev
  libcli11-dev nlohmann-json3-dev libfmt-dev libtomlplusplus-dev
  libboost1.81-dev libboost-url1.81-dev prometheus-cpp-dev liblmdb-dev liblbfgs-dev
  libjpeg-dev libpng-dev libwebp-dev libtiff-dev libgif-dev libheif-dev libstb-dev
  libicu-dev libgumbo-dev libzip-dev zlib1g-dev liblzma-dev libxxhash-dev
  libprotobuf-dev protobuf-compiler libisal-dev
  libopenmpi-dev openmpi-bin
  libgtest-dev libgmock-dev libbenchmark-dev
  esbuild
)
# Node.js from elsewhere brings its own npm, and does not go together with Debian's.
if ! command -v npm >/dev/null; then packages+=(nodejs npm); fi
for group in "$@"; do
  case $group in
    --test) packages+=(chromium curl fonts-dejavu-core python3-venv zsh fish mandoc) ;;
    --packages) packages+=(git dpkg-dev file lintian debootstrap) ;;
    --python) packages+=(python3-dev python3-venv) ;;
    --engines) packages+=(python3-torch python3-venv default-jre-headless) ;;
    --lint) packages+=(git clang-format clang-tidy clang libclang-rt-dev libomp-dev) ;;
  esac
done

missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  local package
  for package in "${packages[@]}"; do
    grep -qxF "installed $package" <<<"$installed" || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "install_dependencies: neither root nor sudo; as root, run: $*" >&2
    return 1
  fi
}

# Mirrors fail now and then.
with_retries() {
  local attempt
  for attempt in 1 2 3; do
    if "$@"; then return; fi
    echo "install_dependencies: attempt $attempt failed: $*" >&2
    sleep $((attempt * 3))
  done
  return 1
}

if ! command -v dpkg-query >/dev/null; then
  echo "install_dependencies: no dpkg here; the build needs (Debian's names): ${packages[*]}" >&2
  exit 0
fi
mapfile -t missing < <(missing_packages)
if [ ${#missing[@]} = 0 ]; then exit 0; fi

echo "Installing with apt$([ "$(id -u)" = 0 ] || echo ' (sudo)'): ${missing[*]}"
with_retries as_root apt-get update -q=2
with_retries as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q=2 -y --no-install-recommends "${missing[@]}" >/dev/null
