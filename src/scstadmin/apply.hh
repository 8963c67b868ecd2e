// SPDX-License-Identifier: GPL-2.0-only
// Carries operations out, checks each result, goes on after a failure.
#pragma once

#include "diff.hh"
#include "sysfs.hh"

#include <functional>
#include <string>
#include <vector>

namespace scstadm {

struct Outcome {
  unsigned done = 0;
  std::vector<std::string> errors; ///< one for each operation that failed
};

/// One write and the kernel's final answer: 0 or errno. A command that the
/// kernel goes on with in the background (EAGAIN) is waited for.
int write_checked(Sysfs& sysfs, const std::string& path, const std::string& text);

/// `told` hears of each operation before it is carried out. With
/// `stop_at_error` the first failure is the last operation.
Outcome apply(Sysfs& sysfs, const std::vector<Operation>& operations, bool stop_at_error = false,
              const std::function<void(const Operation&)>& told = {});

} // namespace scstadm
