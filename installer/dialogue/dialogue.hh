// SPDX-License-Identifier: GPL-2.0-only
// Asks what a starter configuration needs, line by line, and writes down what was answered.
#pragma once

#include "commands.hh"
#include "facts/facts.hh"
#include "plan/options.hh"
#include "result.hh"

#include <string>
#include <vector>

namespace inst::dialogue {

/// What can be chosen from.
struct Ground {
  std::vector<FreeDisk> disks;
  std::string target;                  ///< that is proposed
  std::vector<std::string> fc_ports{}; ///< that could serve too
};

/// Fills in what the options leave open: what is served, the target's name, who may see it, CHAP.
/// An answer that will not do is asked for again, with the reason. Error: nobody answers any more.
Result<Options> ask(const Terminal& terminal, const Ground& ground, Options options);

/// As a file for --answers: what the dialogue asks about, and nothing secret.
std::string answers_text(const Options& options);

} // namespace inst::dialogue
