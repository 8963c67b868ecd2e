// SPDX-License-Identifier: GPL-2.0-only
#include "isns_access.hh"

#include "iscsi_text.h"
#include "log.hh"

#include <cerrno>

namespace scstd::isns {

void Access::set(const std::string& target, std::set<std::string> initiators, TimePoint until) {
  lists_[target] = {std::move(initiators), until};
}

Access::Verdict Access::ask(const std::string& initiator, const std::string& target,
                            TimePoint now) const {
  if (!required_)
    return Verdict::Yes;
  const auto list = lists_.find(target);
  if (list == lists_.end() || list->second.until < now)
    return Verdict::Unknown;
  return list->second.initiators.contains(initiator) ? Verdict::Yes : Verdict::No;
}

int GuardedKernel::check(const std::string& initiator, const std::string& target) const {
  switch (access_.ask(initiator, normal_name(target), Clock::now())) {
  case Access::Verdict::Yes:
    return 0;
  case Access::Verdict::No:
    return EACCES;
  case Access::Verdict::Unknown:
    break;
  }
  return EAGAIN;
}

int GuardedKernel::list_targets(const std::string& initiator, const std::string& portal,
                                std::vector<std::string>& names) {
  const int err = kernel_.list_targets(initiator, portal, names);
  std::erase_if(names, [&](const std::string& name) { return check(initiator, name) != 0; });
  return err;
}

int GuardedKernel::get_target(iscsi_scst_target& target) {
  const std::string initiator = target.initiator;
  if (const int err = kernel_.get_target(target))
    return err;
  const int err = check(initiator, target.name);
  if (err == EACCES) {
    access_.doubt(normal_name(target.name));
    log(Level::Info, "iSNS: {} is in no discovery domain with {}", initiator, target.name);
  } else if (err)
    log(Level::Info, "iSNS: the server did not say yet whether {} may see {}", initiator,
        target.name);
  return err;
}

std::string normal_name(const std::string& name) {
  char normal[SL_ISCSI_NAME_MAX + 1];
  return sl_iscsi_name_check(name.c_str(), normal) ? std::string() : normal;
}

} // namespace scstd::isns
