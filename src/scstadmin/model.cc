// SPDX-License-Identifier: GPL-2.0-only
#include "model.hh"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <tuple>

namespace scstadm {

namespace {

/// LUNs by number, everything else by name; LUNs stand before groups.
auto order(const Node& n) {
  unsigned number = 0;
  if (n.kind == Kind::Lun)
    std::from_chars(n.name.data(), n.name.data() + n.name.size(), number);
  const int rank = n.kind == Kind::Lun ? 0 : 1 + static_cast<int>(n.kind);
  return std::make_tuple(rank, number, std::string_view(n.name));
}

} // namespace

std::string to_text(const Place& place) {
  if (!place.line)
    return {};
  return fmt::format("{}:{}:{}: ", place.file, place.line, place.column);
}

const Node* Node::find(Kind k, std::string_view wanted) const {
  auto it = std::find_if(children.begin(), children.end(),
                         [&](const Node& n) { return n.kind == k && n.name == wanted; });
  return it == children.end() ? nullptr : &*it;
}

Node* Node::find(Kind k, std::string_view wanted) {
  auto it = std::find_if(children.begin(), children.end(),
                         [&](const Node& n) { return n.kind == k && n.name == wanted; });
  return it == children.end() ? nullptr : &*it;
}

const Attribute* Node::attribute(std::string_view wanted) const {
  auto it = std::find_if(attributes.begin(), attributes.end(),
                         [&](const Attribute& a) { return a.name == wanted; });
  return it == attributes.end() ? nullptr : &*it;
}

const char* keyword(Kind kind) {
  switch (kind) {
  case Kind::Root:
    return "";
  case Kind::Handler:
    return "HANDLER";
  case Kind::Device:
  case Kind::MemberDevice:
    return "DEVICE";
  case Kind::Driver:
    return "TARGET_DRIVER";
  case Kind::Target:
  case Kind::MemberTarget:
    return "TARGET";
  case Kind::Group:
    return "GROUP";
  case Kind::Lun:
    return "LUN";
  case Kind::Initiator:
    return "INITIATOR";
  case Kind::DeviceGroup:
    return "DEVICE_GROUP";
  case Kind::TargetGroup:
    return "TARGET_GROUP";
  }
  return "";
}

std::string title(const Node& node) {
  if (node.kind == Kind::Root)
    return "the core";
  std::string word = keyword(node.kind);
  if (node.kind != Kind::Lun)
    for (char& c : word)
      c = c == '_' ? ' ' : static_cast<char>(c | 0x20);
  return word + " " + node.name;
}

void sort(Node& node) {
  std::sort(node.attributes.begin(), node.attributes.end(), [](const auto& a, const auto& b) {
    return std::tie(a.name, a.value) < std::tie(b.name, b.value);
  });
  std::sort(node.children.begin(), node.children.end(),
            [](const Node& a, const Node& b) { return order(a) < order(b); });
  for (Node& child : node.children)
    sort(child);
}

bool same(const Node& a, const Node& b) {
  return a.kind == b.kind && a.name == b.name && a.device == b.device && a.hardware == b.hardware &&
         std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(),
                    b.attributes.end(),
                    [](const Attribute& x, const Attribute& y) {
                      return x.name == y.name && x.value == y.value;
                    }) &&
         std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(),
                    same);
}

std::string_view base_name(std::string_view name) {
  std::size_t last = name.find_last_not_of("0123456789");
  return last == std::string_view::npos ? name : name.substr(0, last + 1);
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

} // namespace scstadm
