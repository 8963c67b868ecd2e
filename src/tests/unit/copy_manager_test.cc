// SPDX-License-Identifier: GPL-2.0-only
// The LUNs of the target driver copy_manager, which come by themselves, in files and out of them.
#include "catch.hh"
#include "diff.hh"
#include "sysfs_read.hh"

#include <string>
#include <vector>

using namespace scstadm;

namespace {

Node node(Kind kind, const std::string& name, std::vector<Node> children = {}) {
  Node n;
  n.kind = kind;
  n.name = name;
  n.children = std::move(children);
  return n;
}

Node device(const std::string& name, const char* type = "0 - Direct-access device") {
  Node n = node(Kind::Device, name);
  n.attributes = {{"type", type, false, false, {}}};
  return n;
}

Node lun(const std::string& number, const std::string& device) {
  Node n = node(Kind::Lun, number);
  n.device = device;
  return n;
}

Node manager(std::vector<Node> luns) {
  return node(Kind::Driver, "copy_manager",
              {node(Kind::Target, "copy_manager_tgt", std::move(luns))});
}

Node live(std::vector<Node> luns) {
  Node root = node(Kind::Root, "");
  root.children = {node(Kind::Handler, "h", {device("a"), device("b")}),
                   node(Kind::Handler, "vcdrom", {device("cd", "5 - CD-ROM device")}),
                   manager(std::move(luns))};
  root.children.back().children.front().hardware = true;
  return root;
}

/// A file with these devices and, unless `luns` is empty, the target with these LUNs.
Node file(const std::vector<std::string>& devices, std::vector<Node> luns) {
  Node root = node(Kind::Root, "");
  root.children.push_back(node(Kind::Handler, "h"));
  for (const std::string& name : devices)
    root.children.back().children.push_back(node(Kind::Device, name));
  if (!luns.empty())
    root.children.push_back(manager(std::move(luns)));
  return root;
}

std::vector<std::string> writes(const Node& wanted, const Node& now, bool force) {
  std::vector<std::string> texts;
  for (const Operation& op : compare(wanted, now, force).operations)
    if (op.path == "targets/copy_manager/copy_manager_tgt/luns/mgmt")
      texts.push_back(op.text);
  return texts;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("LUNs of the copy manager that come by themselves are not saved") {
  CHECK_FALSE(
      for_file(live({lun("0", "a"), lun("1", "b")}), false).find(Kind::Driver, "copy_manager"));
}

TEST_CASE("That a disk was taken from the copy manager is saved") {
  const Node saved = for_file(live({lun("1", "b")}), false);
  const Node* driver = saved.find(Kind::Driver, "copy_manager");
  REQUIRE(driver);
  REQUIRE(driver->children.size() == 1);
  REQUIRE(driver->children[0].children.size() == 1);
  CHECK(driver->children[0].children[0].device == "b");
}

TEST_CASE("That the copy manager only reads a disk is saved") {
  Node only_reads = lun("0", "a");
  only_reads.attributes = {{"read_only", "1", true, false, {}}};
  const Node saved = for_file(live({only_reads, lun("1", "b")}), false);
  const Node* driver = saved.find(Kind::Driver, "copy_manager");
  REQUIRE(driver);
  CHECK(driver->children[0].children.size() == 2);
}

TEST_CASE("An attribute of the copy manager is saved without its LUNs") {
  Node root = live({lun("0", "a"), lun("1", "b")});
  root.find(Kind::Driver, "copy_manager")->attributes = {
      {"allow_not_connected_copy", "1", true, true, {}}};
  const Node saved = for_file(root, false);
  const Node* driver = saved.find(Kind::Driver, "copy_manager");
  REQUIRE(driver);
  CHECK(driver->children.empty());
  CHECK(driver->attributes.size() == 1);
}

TEST_CASE("A file that does not tell of the copy manager leaves its LUNs alone") {
  const Node now = live({lun("0", "a"), lun("1", "b")});
  for (bool force : {false, true})
    CHECK(writes(file({"a", "b"}, {}), now, force).empty());
}

TEST_CASE("A file that names all disks changes numbers at most") {
  const Node now = live({lun("0", "a"), lun("1", "b")});
  CHECK(writes(file({"a", "b"}, {lun("0", "a"), lun("1", "b")}), now, false).empty());
  CHECK(writes(file({"a", "b"}, {lun("0", "a"), lun("5", "b")}), now, false) == Texts{"add b 5"});
}

TEST_CASE("A disk that the file does not give to the copy manager is taken from it") {
  const Node now = live({lun("0", "a"), lun("1", "b")});
  CHECK(writes(file({"a", "b"}, {lun("1", "b")}), now, false) == Texts{"clear", "add b 1"});
  CHECK(writes(file({"a", "b"}, {lun("1", "b")}), live({lun("1", "b")}), true).empty());
}

TEST_CASE("So is one that is only made by the file") {
  CHECK(writes(file({"a", "b", "c"}, {lun("0", "a"), lun("1", "b")}),
               live({lun("0", "a"), lun("1", "b")}),
               false) == Texts{"clear", "add a 0", "add b 1"});
}
