// SPDX-License-Identifier: GPL-2.0-only
// The disk or file that is to be exported: does anything use it?
#include "facts/gather.hh"
#include "path.hh"

#include <fmt/format.h>
#include <sys/sysmacros.h>

namespace inst::facts {
namespace {

std::string number_of(std::uint64_t rdev) {
  return fmt::format("{}:{}", gnu_dev_major(rdev), gnu_dev_minor(rdev));
}

/// The device's own number, then those of its partitions.
std::vector<std::string> numbers(sys::System& sys, std::uint64_t rdev) {
  std::vector<std::string> out{number_of(rdev)};
  const std::string dir = "/sys/dev/block/" + out[0];
  for (const std::string& name : sys.list(dir))
    if (const std::string part = in_dir(dir, name);
        sys.stat(part + "/partition").type != sys::FileType::none)
      out.push_back(first_line(sys, part + "/dev"));
  return out;
}

void find_mounts(sys::System& sys, const std::string& number, Disk& disk) {
  for (const std::string& line : lines(sys.read("/proc/self/mountinfo").value_or("")))
    if (const auto w = words(line); w.size() > 4 && w[2] == number)
      disk.users.push_back("mounted on " + w[4]);
}

void find_swap(sys::System& sys, const std::string& number, Disk& disk) {
  for (const std::string& line : lines(sys.read("/proc/swaps").value_or("")))
    if (const auto w = words(line);
        !w.empty() && w[0].starts_with('/') && number_of(sys.stat(w[0]).rdev) == number)
      disk.users.emplace_back("used as swap");
}

} // namespace

void look_at_disk(sys::System& sys, const std::string& path, Facts& facts) {
  Disk& disk = facts.disk;
  disk.path = path;
  sys::Stat st = sys.stat(path);
  std::string resolved = path;
  for (int depth = 0; st.type == sys::FileType::symlink && depth < 8; depth++) {
    const std::string target = sys.read_link(resolved).value_or("");
    resolved = target.starts_with('/') ? target : in_dir(parent_of(resolved), target);
    st = sys.stat(resolved);
  }
  disk.exists = st.type == sys::FileType::block || st.type == sys::FileType::regular;
  disk.block = st.type == sys::FileType::block;
  disk.size = st.size;
  if (!disk.exists)
    return;
  if (const auto info = sys.block_info(path)) {
    disk.size = info->size;
    disk.signature = info->signature;
  }
  if (!disk.block)
    return;
  for (const std::string& number : numbers(sys, st.rdev)) {
    find_mounts(sys, number, disk);
    find_swap(sys, number, disk);
    for (const std::string& holder : sys.list("/sys/dev/block/" + number + "/holders"))
      disk.users.push_back("held by " + holder);
  }
}

namespace {

/// Disks that come and go, or are made of others: none to be offered.
bool is_offered(const std::string& name) {
  for (const char* start : {"loop", "ram", "zram", "sr", "fd", "nbd", "dm-", "md"})
    if (name.starts_with(start))
      return false;
  return true;
}

std::string lasting_name(sys::System& sys, const std::string& name) {
  const std::string by_id = "/dev/disk/by-id";
  for (const std::string& link : sys.list(by_id))
    if (sys.read_link(in_dir(by_id, link)).value_or("").ends_with('/' + name))
      return in_dir(by_id, link);
  return "/dev/" + name;
}

} // namespace

std::vector<FreeDisk> free_disks(sys::System& sys) {
  std::vector<FreeDisk> out;
  for (const std::string& name : sys.list("/sys/block")) {
    if (!is_offered(name))
      continue;
    Facts facts;
    look_at_disk(sys, "/dev/" + name, facts);
    const Disk& disk = facts.disk;
    if (disk.block && disk.size > 0 && disk.users.empty() && disk.signature.empty())
      out.push_back({lasting_name(sys, name), disk.size});
  }
  return out;
}

} // namespace inst::facts
