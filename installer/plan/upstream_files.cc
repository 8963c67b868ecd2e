// SPDX-License-Identifier: GPL-2.0-only
#include "plan/upstream_files.hh"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <sstream>

namespace inst {
namespace {

// make install puts programs into /usr/local, which no init system looks into.
constexpr const char* path_line =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// OpenRC's own words, ebegin and the like, are programs in a folder that only its PATH knows.
constexpr const char* openrc_path_line = "PATH=/usr/local/sbin:/usr/local/bin:$PATH";

constexpr const char* scst_body = R"sh(
scst_start() {
	for module in $SCST_MODULES; do
		modprobe "$module" || return 1
	done
@daemon@	[ ! -s /etc/scst.conf ] || scstadmin -config /etc/scst.conf
}

scst_stop() {
@stop_daemon@	unload=
	for module in $SCST_MODULES; do
		unload="$module $unload"
	done
	for module in $unload; do
		modprobe -r "$module" || return 1
	done
}

scst_status() {
	grep -q '^scst ' /proc/modules
}
)sh";

constexpr const char* iscsi_body = R"sh(
iscsi_scst_start() {
	modprobe scst && modprobe iscsi-scst && iscsi-scstd
}

iscsi_scst_stop() {
	[ ! -r /var/run/iscsi-scstd.pid ] || kill "$(cat /var/run/iscsi-scstd.pid)"
	modprobe -r iscsi-scst
}

iscsi_scst_status() {
	[ -r /var/run/iscsi-scstd.pid ] && kill -0 "$(cat /var/run/iscsi-scstd.pid)" 2>/dev/null
}
)sh";

constexpr const char* framework_body = R"sh(
say() {
	echo "@driver@: $*" >&2
}

# The number of the SCSI host that the driver has made: of /sys/class/scsi_host/hostN.
host_number() {
	for host in /sys/class/scsi_host/host*; do
		[ "$(cat "$host/proc_name" 2>/dev/null)" = @driver@ ] || continue
		echo "${host##*/host}"
		return 0
	done
	say "no SCSI host of this driver has come up; see the kernel log"
	return 1
}

loaded() {
	for module in @modules@; do
		grep -q "^$module " /proc/modules || {
			say "$module is not loaded; see the kernel log"
			return 1
		}
	done
}

# Theirs exports @default@, whatever lies on it.
export_lun() {
	grep -q '@default@' @lun@ || {
		say "$PWD/@lun@ does not name @default@: look what it exports before you run it"
		return 1
	}
	(umask 077 && sed 's#@default@#@device@#g' @lun@ >@lun@.ours) && chmod 700 @lun@.ours && ./@lun@.ours "$1"
}

@service@_start() {
	[ -e '@device@' ] || {
		say "@device@ is not there, so nothing is exported"
		return 1
	}
	cd @dir@ && ./@start@ start && loaded || return 1
	number=$(host_number) && export_lun "$number"
}

@service@_stop() {
	cd @dir@ && ./@start@ stop
}

@service@_status() {
	loaded 2>/dev/null
}
)sh";

void replace(std::string& text, const std::string& from, const std::string& to) {
  if (const std::size_t at = text.find(from); at != std::string::npos)
    text.replace(at, from.size(), to);
}

/// The functions of one service as a script of OpenRC, or as one that is called with a verb.
std::string wrapped(const UpstreamInit& init, const std::string& name, const std::string& title,
                    const std::string& needs, const std::string& body) {
  std::string functions = name;
  std::replace(functions.begin(), functions.end(), '-', '_');
  const std::string head = fmt::format(
      "# {}. Made by scst-install for {}: needs no LSB functions.\n", title, init.release);
  if (!init.openrc_shell.empty())
    return fmt::format("#!{0}\n{1}{2}\n{3}\n"
                       "depend() {{\n\tneed localmount{4}\n\tuse net\n}}\n\n"
                       "start() {{\n\tebegin \"Starting {5}\"\n\t{6}_start\n\teend $?\n}}\n\n"
                       "stop() {{\n\tebegin \"Stopping {5}\"\n\t{6}_stop\n\teend $?\n}}\n",
                       init.openrc_shell, head, openrc_path_line, body,
                       needs.empty() ? "" : " " + needs, name, functions);
  return fmt::format(
      "#!/bin/sh\n"
      "# chkconfig: 2345 13 87\n"
      "# description: {1}\n"
      "### BEGIN INIT INFO\n# Provides: {4}\n# Required-Start: $local_fs $network{3}\n"
      "# Required-Stop: $local_fs $network{3}\n# Default-Start: 2 3 4 5\n# Default-Stop: 0 1 6\n"
      "# Short-Description: {1}\n### END INIT INFO\n"
      "{0}{2}\n{6}\n"
      "case $1 in\n"
      "start) {5}_start ;;\n"
      "stop) {5}_stop ;;\n"
      "restart) {5}_stop && {5}_start ;;\n"
      "status) {5}_status || exit 3 ;;\n"
      "*)\n\techo \"Usage: $0 start|stop|restart|status\" >&2\n\texit 2\n\t;;\n"
      "esac\n",
      head, title, path_line, needs.empty() ? "" : " " + needs, name, functions, body);
}

UpstreamInit of_scst(UpstreamInit init) {
  init.release = "SCST " + init.release;
  return init;
}

bool is_hex_address(const std::string& text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         text.find_first_not_of("0123456789abcdefABCDEF:.", 1) == text.size() - 1;
}

bool is_dotted(const std::string& text) {
  std::istringstream in(text);
  int parts = 0;
  for (std::string part; std::getline(in, part, '.'); parts++)
    if (part.empty() || part.size() > 3 ||
        part.find_first_not_of("0123456789") != std::string::npos || std::stoi(part) > 255)
      return false;
  return parts == 4 && text.back() != '.';
}

} // namespace

std::string init_script_text(const UpstreamInit& init) {
  std::string body = scst_body;
  replace(body, "@daemon@", init.procfs ? "" : "\tiscsi-scstd || return 1\n");
  replace(body, "@stop_daemon@",
          init.procfs ? ""
                      : "\tscstadmin -clear_config -force -noprompt\n"
                        "\t[ ! -r /var/run/iscsi-scstd.pid ] || "
                        "kill \"$(cat /var/run/iscsi-scstd.pid)\"\n");
  body.insert(0, fmt::format("SCST_MODULES=\"{}\"\n", fmt::join(init.modules, " ")));
  return wrapped(of_scst(init), "scst", "SCSI target", "", body);
}

std::string iscsi_init_script_text(const UpstreamInit& init) {
  return wrapped(of_scst(init), "iscsi-scst", "iSCSI target", "scst", iscsi_body);
}

std::string framework_script_text(const Framework& framework, const FrameworkInit& init) {
  std::string body = framework_body;
  const std::map<std::string, std::string> values{
      {"@driver@", framework.driver},
      {"@service@", framework.driver},
      {"@modules@", fmt::format("{}", fmt::join(framework.modules, " "))},
      {"@default@", framework.lun_default},
      {"@lun@", framework.lun_script},
      {"@start@", framework.start_script},
      {"@device@", init.device},
      {"@dir@", init.dir}};
  for (const auto& [name, value] : values)
    while (body.find(name) != std::string::npos)
      replace(body, name, value);
  return wrapped({init.release, init.openrc_shell, {}, false}, framework.driver,
                 "SCSI target framework", "", body);
}

std::string unit_text(const std::string& name, const std::string& script, const std::string& after,
                      const std::string& kernel) {
  const std::string order =
      after.empty() ? "" : fmt::format("Requires={0}.service\nAfter={0}.service\n", after);
  return fmt::format("# Made by scst-install.\n"
                     "[Unit]\nDescription=SCSI target, {0}\nConditionKernelVersion={2}\n"
                     "After=local-fs.target network.target\n{1}\n"
                     "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
                     "ExecStart={3} start\nExecStop={3} stop\n\n"
                     "[Install]\nWantedBy=multi-user.target\n",
                     name, order, kernel, script);
}

std::string procfs_config_text(const std::string& target, const std::string& filename, bool block) {
  return fmt::format(
      "# First configuration of the SCSI target.\n"
      "# The group Default stays empty: who has no group of its own sees nothing.\n\n"
      "[HANDLER vdisk]\n"
      "# DEVICE name,path,options,block size\n"
      "DEVICE disk0,{0},{1},512\n\n"
      "[GROUP Default]\n\n"
      "[GROUP Default_{2}]\n\n"
      "[ASSIGNMENT Default_{2}]\n"
      "# DEVICE name,lun\n"
      "DEVICE disk0,0\n",
      filename, block ? "BLOCKIO" : "", target);
}

std::string iscsi_scstd_config_text(const std::string& target) {
  return fmt::format("# Targets of iscsi-scstd. Who may log in: /etc/initiators.allow and .deny.\n"
                     "Target {}\n",
                     target);
}

std::string initiators_allow_text(const std::string& target,
                                  const std::vector<std::string>& addresses) {
  const std::string head =
      "# TARGET ADDRESS[, ADDRESS]...; only the first line of a target counts.\n";
  return addresses.empty()
             ? head +
                   fmt::format("# Nobody is let in yet, for example:\n# {} 192.168.1.1\n", target)
             : head + fmt::format("{} {}\n", target, fmt::join(addresses, ", "));
}

std::string initiators_deny_text() {
  return "# Nobody may log in to any target, unless /etc/initiators.allow says otherwise.\nALL "
         "ALL\n";
}

bool is_address(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string bits = slash == std::string::npos ? "1" : text.substr(slash + 1);
  const bool bits_good = !bits.empty() && bits.size() <= 3 &&
                         bits.find_first_not_of("0123456789") == std::string::npos;
  const std::string address = text.substr(0, slash);
  return text == "ALL" || (bits_good && (is_hex_address(address) || is_dotted(address)));
}

} // namespace inst
