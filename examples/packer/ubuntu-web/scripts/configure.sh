#!/usr/bin/env bash
set -o pipefail
words=("site" "$SITE" "built by" "$PACKER_BUILDER_TYPE" "$PACKER_BUILD_NAME")
printf '%s\n' "${words[*]}" >/opt/web/site
