// SPDX-License-Identifier: GPL-2.0-only
// The System in memory, for tests.
#include "sys/fake.hh"

namespace inst::sys {
namespace {

Error absent(const std::string& path) {
  return {"open", path, "No such file or directory", ""};
}

class FakeLock final : public Lock {};

} // namespace

void Fake::file(const std::string& path, const std::string& text, unsigned mode) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1))
    nodes.try_emplace(path.substr(0, at), Node{FileType::directory, "", 0755});
  nodes[path] = {FileType::regular, text, mode};
}

void Fake::dir(const std::string& path) {
  file(path);
  nodes[path].type = FileType::directory;
}

void Fake::link(const std::string& path, const std::string& target) {
  file(path, target, 0777);
  nodes[path].type = FileType::symlink;
}

Stat Fake::stat(const std::string& path) {
  const auto node = nodes.find(path);
  if (node == nodes.end())
    return {};
  const Node& n = node->second;
  return {n.type, n.mode, n.size != 0 ? n.size : n.content.size(), 1, n.ino, n.rdev, 0};
}

Result<std::string> Fake::read(const std::string& path) {
  const auto node = nodes.find(path);
  if (node == nodes.end() || node->second.type != FileType::regular)
    return absent(path);
  return node->second.content;
}

Result<std::string> Fake::read_link(const std::string& path) {
  const auto node = nodes.find(path);
  if (node == nodes.end() || node->second.type != FileType::symlink)
    return absent(path);
  return node->second.content;
}

std::vector<std::string> Fake::list(const std::string& path) {
  std::vector<std::string> names;
  const std::string prefix = path.ends_with('/') ? path : path + '/';
  for (auto at = nodes.lower_bound(prefix); at != nodes.end(); ++at) {
    if (!at->first.starts_with(prefix))
      break;
    const std::string name = at->first.substr(prefix.size());
    if (name.find('/') == std::string::npos)
      names.push_back(name);
  }
  return names;
}

Result<std::string> Fake::digest(const std::string& path) {
  const auto text = read(path);
  return text ? Result<std::string>(digest_of(*text)) : text.error();
}

bool Fake::is_blank(const std::string& path) {
  const auto node = nodes.find(path);
  return node != nodes.end() && node->second.content.empty();
}

std::uint64_t Fake::free_space(const std::string& /*path*/) {
  return space;
}

Result<void> Fake::write(const std::string& path, std::string_view text, unsigned mode) {
  changes.push_back("write " + path);
  file(path, std::string(text), mode);
  return {};
}

Result<void> Fake::copy(const std::string& from, const std::string& to, unsigned mode) {
  const auto text = read(from);
  if (!text)
    return text.error();
  changes.push_back("copy " + to);
  file(to, *text, mode);
  return {};
}

Result<void> Fake::make_sparse(const std::string& path, std::uint64_t size, unsigned mode) {
  changes.push_back("sparse " + path);
  file(path, "", mode);
  nodes[path].size = size;
  return {};
}

Result<void> Fake::make_link(const std::string& target, const std::string& path) {
  changes.push_back("link " + path);
  link(path, target);
  return {};
}

Result<void> Fake::make_dir(const std::string& path, unsigned mode) {
  changes.push_back("mkdir " + path);
  dir(path);
  nodes[path].mode = mode;
  return {};
}

Result<void> Fake::remove(const std::string& path) {
  changes.push_back("remove " + path);
  nodes.erase(path);
  return {};
}

bool Fake::remove_dir(const std::string& path) {
  if (!list(path).empty())
    return false;
  changes.push_back("rmdir " + path);
  return nodes.erase(path) == 1;
}

void Fake::remove_partial(const std::string& /*path*/) {} // nothing is ever partial in here

Result<void> Fake::append(const std::string& path, std::string_view text) {
  changes.push_back("append " + path);
  file(path, read(path).value_or("") + std::string(text), 0600);
  return {};
}

Result<void> Fake::rename(const std::string& from, const std::string& to) {
  changes.push_back("rename " + to);
  const std::string below = from + '/';
  std::map<std::string, Node> moved;
  for (auto at = nodes.begin(); at != nodes.end();) {
    if (at->first != from && !at->first.starts_with(below)) {
      ++at;
      continue;
    }
    moved[to + at->first.substr(from.size())] = at->second;
    at = nodes.erase(at);
  }
  if (moved.empty())
    return absent(from);
  nodes.merge(moved);
  return {};
}

Result<void> Fake::remove_tree(const std::string& path) {
  changes.push_back("rmtree " + path);
  std::erase_if(nodes, [&](const auto& node) {
    return node.first == path || node.first.starts_with(path + '/');
  });
  return {};
}

/// Each line of the "archive" is the path of an empty file.
Result<Unpacked> Fake::unpack(const std::string& archive, const std::string& dir,
                              const UnpackLimits& /*limits*/) {
  const auto text = read(archive);
  if (!text)
    return text.error();
  Unpacked out;
  out.top = text->substr(0, text->find('/'));
  for (std::size_t at = 0; at < text->size(); at = text->find('\n', at) + 1)
    file(dir + '/' + text->substr(at, text->find('\n', at) - at));
  return out;
}

/// A good signature is the keyring's text and the file's.
Result<std::string> Fake::check_signature(const Signed& what) {
  const auto keys = read(what.keyring);
  if (!keys)
    return keys.error();
  if (read(what.signature).value_or("") != *keys + read(what.file).value_or(""))
    return Error{"check the signature", what.file, "it is not good", "", Exit::verification};
  return *keys;
}

void Fake::flush(const std::string& /*path*/) {} // memory needs no sync

Result<void> Fake::settle(const std::string& /*root*/) {
  return {};
}

std::string Fake::boot_id() {
  return "boot";
}

Result<std::unique_ptr<Lock>> Fake::lock(const std::string& path) {
  changes.push_back("lock " + path);
  return std::unique_ptr<Lock>(std::make_unique<FakeLock>());
}

Result<Output> Fake::run(const Command& command) {
  std::string line;
  for (const std::string& arg : command.argv)
    line += (line.empty() ? "" : " ") + arg;
  runs.push_back(line);
  const auto status = exit_status.find(command.argv[0]);
  const auto said = output.find(command.argv[0]);
  return Output{status == exit_status.end() ? 0 : status->second,
                said == output.end() ? "" : said->second, ""};
}

std::string Fake::find_program(const std::string& name) {
  return programs.contains(name) ? "/usr/bin/" + name : "";
}

std::vector<std::string> Fake::loaded_modules() {
  return {modules.begin(), modules.end()};
}

Result<void> Fake::load_module(const std::string& name) {
  changes.push_back("load " + name);
  modules.insert(name);
  return {};
}

Result<void> Fake::unload_module(const std::string& name) {
  changes.push_back("unload " + name);
  modules.erase(name);
  return {};
}

std::string Fake::env(const std::string& name) {
  const auto value = variables.find(name);
  return value == variables.end() ? "" : value->second;
}

Result<BlockInfo> Fake::block_info(const std::string& path) {
  return BlockInfo{stat(path).size, signature};
}

bool Fake::port_is_free(const std::string& /*address*/, int port) {
  return !taken_ports.contains(port);
}

Result<std::vector<std::string>> Fake::discover(const std::string& portal, int /*seconds*/) {
  const auto found = portals.find(portal);
  if (found == portals.end())
    return Error{"connect to portal", portal, "Connection refused", ""};
  return found->second;
}

DownloadEnd Fake::download(const Download& what) {
  asked.push_back(what.url);
  if (!hitches.empty()) {
    DownloadEnd end = hitches.front();
    hitches.erase(hitches.begin());
    return end;
  }
  const auto found = web.find(what.url);
  if (found == web.end())
    return {false, false, "the server has no such file (404)"};
  file(what.path, found->second, 0600);
  return {true, false, ""};
}

// Time costs nothing in here.
void Fake::pause(int seconds) {
  pauses.push_back(seconds);
}

} // namespace inst::sys
