// SPDX-License-Identifier: GPL-2.0-only
// The sub-commands that only look. Each returns the exit code.
#pragma once

namespace inst {

struct Session;

int show_facts(const Session& s);
int show_kernels(const Session& s);
int show_doctor(const Session& s);
int explain(const Session& s);
int lint_catalog(const Session& s);

} // namespace inst
