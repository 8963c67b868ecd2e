// SPDX-License-Identifier: GPL-2.0-only
#include "apply.hh"

#include "sysfs_read.hh"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

namespace scstadm {

namespace {

/// 300 s in steps of Sysfs::wait() (20 ms), as ever.
constexpr int kMaxLooks = 15000;

/// The largest text that one write to sysfs takes, newline included.
constexpr std::size_t kMaxWrite = 4095;

int wait_for_result(Sysfs& sysfs) {
  for (int i = 0; i < kMaxLooks; i++) {
    std::string text;
    int err = sysfs.read("last_sysfs_mgmt_res", text);
    if (err == EAGAIN) {
      sysfs.wait();
      continue;
    }
    if (err)
      return err;
    int result = 0;
    std::from_chars(text.data(), text.data() + text.size(), result);
    return result < 0 ? -result : 0;
  }
  return ETIMEDOUT;
}

const char* hint(const Operation& op, int err) {
  switch (err) {
  case ENOENT:
    return op.attribute ? "there is no such attribute: correct the name or remove the line"
                        : "does the file or object that it names exist?";
  case EEXIST:
    return "it exists already";
  case EBUSY:
    return "it is in use: end its sessions first";
  case EACCES:
  case EPERM:
    return "this needs root";
  case ETIMEDOUT:
    return "the kernel did not finish it within 300 s";
  case EINVAL:
    return "the kernel log (dmesg) says what it does not like";
  default:
    return "the kernel log (dmesg) may say more";
  }
}

std::string failure(const Operation& op, const std::string& reason, const std::string& help) {
  return fmt::format("{}cannot {}: {} ({})", to_text(op.place), op.what, reason, help);
}

/// Sets an attribute unless it has the value; files may hold read-only ones.
std::string set_attribute(Sysfs& sysfs, const Operation& op, bool& wrote) {
  const std::size_t slash = op.path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : op.path.substr(0, slash);
  const std::string name = slash == std::string::npos ? op.path : op.path.substr(slash + 1);
  const auto entries = sysfs.list(folder);
  auto it =
      std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.name == name; });
  if (it == entries.end() || it->type != Sysfs::Entry::Type::File)
    return failure(op, strerror(ENOENT), hint(op, ENOENT));
  std::string now;
  if (it->readable && !sysfs.read(op.path, now) &&
      same_value(now.substr(0, now.find('\n')), op.text))
    return {};
  if (!it->writable)
    return failure(op, fmt::format("it is read-only and \"{}\"", now.substr(0, now.find('\n'))),
                   "remove the line, or the object to create it anew");
  wrote = true;
  int err = write_checked(sysfs, op.path, op.text);
  return err ? failure(op, strerror(err), hint(op, err)) : std::string();
}

} // namespace

int write_checked(Sysfs& sysfs, const std::string& path, const std::string& text) {
  if (text.size() > kMaxWrite || text.find('\n') != std::string::npos)
    return EINVAL;
  int err = sysfs.write(path, text);
  return err == EAGAIN ? wait_for_result(sysfs) : err;
}

Outcome apply(Sysfs& sysfs, const std::vector<Operation>& operations, bool stop_at_error,
              const std::function<void(const Operation&)>& told) {
  Outcome outcome;
  std::vector<std::string> missing; // folders whose creation failed
  for (const Operation& op : operations) {
    // One error for an object that is not there, none for each thing in it or on it.
    if (std::any_of(missing.begin(), missing.end(), [&](const std::string& m) {
          return op.path.starts_with(m + "/") || op.needs == m;
        })) {
      if (!op.object.empty())
        missing.push_back(op.object);
      continue;
    }
    if (told)
      told(op);
    std::string error;
    bool wrote = true;
    if (op.attribute) {
      wrote = false;
      error = set_attribute(sysfs, op, wrote);
    } else if (int err = write_checked(sysfs, op.path, op.text)) {
      error = failure(op, strerror(err), hint(op, err));
    }
    if (error.empty()) {
      outcome.done += wrote ? 1 : 0;
      continue;
    }
    outcome.errors.push_back(error);
    if (!op.object.empty())
      missing.push_back(op.object);
    if (stop_at_error)
      break;
  }
  return outcome;
}

} // namespace scstadm
