// SPDX-License-Identifier: GPL-2.0-only
// Four verbs for each kind of action; one file for each kind.
//   is_done  looks, and changes nothing
//   before   what undo() must know, taken before anything is changed
//   perform  brings it about; may find it half done by a run that was killed
//   undo     puts back what `before` describes; leaves what the user has changed since
#pragma once

#include "apply/state.hh"
#include "plan/step.hh"
#include "result.hh"
#include "sys/system.hh"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace inst {

struct Context {
  sys::System& sys;
  std::string root;                      ///< prefix of all paths on the target; "" = this machine
  std::string state_dir;                 ///< for copies of replaced files
  std::string log;                       ///< output of programs goes there
  std::function<void(int seconds)> tick; ///< progress of long steps
  bool delete_data = false;              ///< undo takes a LUN's file away even with data in it
  std::function<void(const std::string&)> say{}; ///< what the user should see

  [[nodiscard]] std::string at(const std::string& path) const { return root + path; }
};

#define INST_ACTION_VERBS(Kind)                                                                    \
  bool is_done(const Context& ctx, const Kind& action);                                            \
  nlohmann::json before(const Context& ctx, const Kind& action);                                   \
  Result<void> perform(const Context& ctx, const Kind& action, const nlohmann::json& before);      \
  Result<Kept> undo(const Context& ctx, const Kind& action, const nlohmann::json& before);

INST_ACTION_VERBS(PutFiles)
INST_ACTION_VERBS(Packages)
INST_ACTION_VERBS(Dkms)
INST_ACTION_VERBS(Services)
INST_ACTION_VERBS(LoadModules)
INST_ACTION_VERBS(Verify)
INST_ACTION_VERBS(GuestImage)
INST_ACTION_VERBS(GuestBoot)
INST_ACTION_VERBS(WaitPortal)
INST_ACTION_VERBS(Fetch)
INST_ACTION_VERBS(Unpack)
INST_ACTION_VERBS(Patch)
INST_ACTION_VERBS(PatchSet)
INST_ACTION_VERBS(KernelConfig)
INST_ACTION_VERBS(Make)
INST_ACTION_VERBS(CopyBuilt)
INST_ACTION_VERBS(Initramfs)
INST_ACTION_VERBS(BootEntry)
INST_ACTION_VERBS(EarlyFiles)
INST_ACTION_VERBS(Action)
#undef INST_ACTION_VERBS

/// Stops those that run, whoever started them, the last one first. Nothing where no init runs.
Result<void> stop_services(const Context& ctx, const Services& services);

/// The kernel of the entry has been booted: it becomes the default. May be repeated.
Result<void> confirm(const Context& ctx, const BootEntry& entry);

// Shared by the kinds.

/// Runs argv on the target (through chroot(8) for another root). An exit status other than 0 is
/// an error with the end of what the program said.
Result<sys::Output> run_on_target(const Context& ctx, std::vector<std::string> argv, Exit exit,
                                  bool hold_lock = false, const std::string& input = "");
/// Copies what is to be replaced into the state folder, under its digest and once; and back.
Result<void> save_replaced(const Context& ctx, const std::string& path, const std::string& digest);
Result<void> restore_replaced(const Context& ctx, const std::string& path,
                              const std::string& digest, unsigned mode);
/// Exit status 0? For questions.
bool says_yes(const Context& ctx, std::vector<std::string> argv);
/// The folders above path (on the target) that are missing, outermost first.
std::vector<std::string> missing_parents(const Context& ctx, const std::string& path);
/// Removes the folders that are empty by now, innermost first.
void remove_empty(const Context& ctx, const nlohmann::json& dirs);

} // namespace inst
