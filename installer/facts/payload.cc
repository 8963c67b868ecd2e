// SPDX-License-Identifier: GPL-2.0-only
// What there is to install: the staged tree and the init scripts, file by file with digests.
#include "facts/gather.hh"
#include "path.hh"

#include <set>

namespace inst::facts {
namespace {

using sys::FileType;

void walk(sys::System& sys, const std::string& dir, const std::string& below,
          std::vector<SourceFile>& out) {
  for (const std::string& name : sys.list(dir + below)) {
    const std::string path = in_dir(below, name);
    const sys::Stat st = sys.stat(dir + path);
    if (st.type == FileType::directory)
      walk(sys, dir, path, out);
    else if (st.type == FileType::symlink)
      out.push_back({path, dir + path, 0777, "", sys.read_link(dir + path).value_or(""), ""});
    else if (st.type == FileType::regular)
      out.push_back({path, dir + path, st.mode, sys.digest(dir + path).value_or(""), "", ""});
  }
}

/// Names the package of every file that is there already with another content.
void find_owners(sys::System& sys, const std::string& root, std::vector<SourceFile>& files) {
  std::set<std::string> strange;
  for (const SourceFile& f : files)
    if (sys.stat(root + f.path).type == FileType::regular &&
        sys.digest(root + f.path).value_or("") != f.digest)
      strange.insert(f.path);
  if (strange.empty())
    return;
  const std::string dir = root + "/var/lib/dpkg/info/";
  for (const std::string& name : sys.list(dir)) {
    if (!name.ends_with(".list"))
      continue;
    for (const std::string& line : lines(sys.read(dir + name).value_or("")))
      if (strange.contains(line))
        for (SourceFile& f : files)
          if (f.path == line)
            f.owner = name.substr(0, name.size() - 5);
  }
}

Error not_a_payload(const std::string& dir, const std::string& cause) {
  return {"read payload", dir, cause,
          "Give the folder that an install of all components with DESTDIR has filled.",
          Exit::usage};
}

} // namespace

Result<void> look_at_payload(sys::System& sys, const std::string& dir, Facts& facts) {
  Payload& payload = facts.payload;
  payload.dir = dir;
  if (sys.stat(dir).type != FileType::directory)
    return not_a_payload(dir, "no such folder");
  for (const std::string& name : sys.list(dir + "/usr/src")) {
    if (!name.starts_with("scst-"))
      continue;
    if (!payload.version.empty())
      return not_a_payload(dir, "more than one usr/src/scst-VERSION in it");
    payload.version = name.substr(5);
  }
  if (payload.version.empty())
    return not_a_payload(dir, "no usr/src/scst-VERSION in it");
  walk(sys, dir, "", payload.files);
  // Those of the machine's own init system come out of initscripts/, by a step of their own.
  std::erase_if(payload.files,
                [](const SourceFile& f) { return f.path.starts_with("/etc/init.d/"); });
  for (const SourceFile& f : payload.files)
    payload.size += sys.stat(f.source).size;
  find_owners(sys, facts.root, payload.files);
  return {};
}

void look_at_module_sources(sys::System& sys, Facts& facts) {
  BuildGround& b = facts.build;
  for (const std::string& name : sys.list(facts.root + "/usr/src"))
    if (name.starts_with("scst-") &&
        sys.stat(facts.root + "/usr/src/" + name + "/Kbuild").type == FileType::regular)
      walk(sys, facts.root, "/usr/src/" + name, b.module_sources);
  const std::string hooks = facts.data_dir + "/patches";
  for (const std::string& series : sys.list(hooks)) {
    const std::string patch = in_dir(hooks, series) + "/scst.patch";
    b.hooks.push_back({series, patch, 0644, sys.digest(patch).value_or(""), "", ""});
  }
}

void look_at_init_files(sys::System& sys, Facts& facts) {
  for (const char* init : {"openrc", "lsb"}) {
    const std::string dir = facts.data_dir + "/initscripts/" + init;
    for (const std::string& name : sys.list(dir)) {
      const std::string source = in_dir(dir, name);
      facts.init_files[init].push_back(
          {"/etc/init.d/" + name, source, 0755, sys.digest(source).value_or(""), "", ""});
    }
  }
}

} // namespace inst::facts
