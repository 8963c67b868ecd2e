// SPDX-License-Identifier: GPL-2.0-only
#include "foreign.hh"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace scstadm {

namespace {

/// They tune how SCST works, not what it serves: leaving them out loses nothing.
struct Foreign {
  Kind kind;
  const char* name;
  const char* why;
};

constexpr const char* kNoPools = "data lies in the page cache or in pages of its command";
constexpr const char* kNoTasklets = "commands run where their data arrives, not in tasklets";

const Foreign kForeign[] = {
    {Kind::Root, "max_tasklet_cmd", kNoTasklets},
    {Kind::Root, "poll_us", kNoTasklets},
    {Kind::Root, "force_global_sgv_pool", kNoPools},
    {Kind::Root, "default_cpu_mask", "each target and group has a cpu_mask"},
    {Kind::Device, "async", "reads and writes of files never wait in a thread of the device"},
    {Kind::Device, "zero_copy", "pages of the page cache are always sent as they are"},
    {Kind::Device, "numa_node_id", "data lies where the CPU is that serves it"},
};

const Foreign* find(Kind kind, const std::string& name) {
  const auto* found = std::find_if(std::begin(kForeign), std::end(kForeign), [&](const Foreign& f) {
    return f.kind == kind && name == f.name;
  });
  return found == std::end(kForeign) ? nullptr : found;
}

void drop(Node& node, std::vector<std::string>& told) {
  auto& all = node.attributes;
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const Attribute& a) {
                             const Foreign* f = find(node.kind, a.name);
                             if (f)
                               told.push_back(fmt::format("{}{} of {} means nothing here, {}",
                                                          to_text(a.place), a.name, title(node),
                                                          f->why));
                             return f != nullptr;
                           }),
            all.end());
  for (Node& child : node.children)
    drop(child, told);
}

} // namespace

std::vector<std::string> drop_foreign(Node& node) {
  std::vector<std::string> told;
  drop(node, told);
  return told;
}

} // namespace scstadm
