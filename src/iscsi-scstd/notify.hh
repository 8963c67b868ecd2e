// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace scstd {

/// Tells the service manager about this process, in the words of sd_notify(3), if one asked for
/// that. Returns whether it did and was told. In a build without systemd nobody is.
bool notify(const char* state);

} // namespace scstd
