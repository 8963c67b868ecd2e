// SPDX-License-Identifier: GPL-2.0-only
// Model to scst.conf: the text, and putting it safely on disk.
#pragma once

#include "model.hh"

#include <string>

namespace scstadm {

/// The text of a sorted model: read_conf() of it gives the same model.
std::string print_conf(const Node& root);

/// Replaces `path` by a new file in one step: temporary in the same folder,
/// synced, renamed. What was there is kept as path.1, older ones as path.2 …
/// path.9. Empty: done, else what went wrong.
std::string save_file(const std::string& path, const std::string& text);

} // namespace scstadm
