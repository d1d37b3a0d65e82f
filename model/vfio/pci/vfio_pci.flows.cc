// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// The chapter's flows. One line of the table per flow, one function that unpacks its arguments.
#include "model/flow_rows.h"
#include "model/vfio/pci/contracts.h"
#include "model/vfio/pci/process.h"
#include "model/vfio/pci/vfio_pci_tables.h"

namespace iorace::kern::vfio_pci_tables {
namespace {

enum : u32 { VDEV_VIRTFN = 1, VDEV_NO_RESET = 2 };
constexpr named_value vdev_flag_names[] = {{"virtfn", VDEV_VIRTFN}, {"no_reset", VDEV_NO_RESET}};
constexpr named_value mmap_flags[] = {{"shared", VM_SHARED}};
constexpr named_value command_bits[] = {{"memory", PCI_COMMAND_MEMORY},
                                        {"intx_disable", PCI_COMMAND_INTX_DISABLE}};
constexpr named_value power_states[] = {
    {"d0", PCI_D0}, {"d1", PCI_D1}, {"d2", PCI_D2}, {"d3hot", PCI_D3hot}};
constexpr named_value capabilities[] = {{"express", 0}, {"advanced_features", 1}};
constexpr named_value groups_given[] = {{"all", 1}, {"none", 0}};
constexpr named_value intx_action_names[] = {{"enable", INTX_ENABLE},
                                             {"disable", INTX_DISABLE},
                                             {"mask", INTX_MASK},
                                             {"unmask", INTX_UNMASK}};
constexpr named_value on_or_off[] = {{"enable", 1}, {"disable", 0}};

constexpr arg_info vdev_arg = {.name = "vdev", .kind = arg_kind::object, .cls = "vdev"};
constexpr arg_info vma_arg = {.name = "vma", .kind = arg_kind::object, .cls = "vma"};
// None is the first process.
constexpr arg_info process_arg = {.name = "process", .kind = arg_kind::object, .cls = "process"};
constexpr arg_info addr_arg = {.name = "addr", .kind = arg_kind::uptr, .dull = 0x1000};
constexpr arg_info length_arg = {.name = "length", .kind = arg_kind::length, .dull = 0x1000};
constexpr arg_info offset_arg = {.name = "offset", .kind = arg_kind::iova, .dull = 0};

ARGS(vdev_open, {.name = "flags", .kind = arg_kind::flags, .choices = vdev_flag_names, .dull = 0});
ERRORS(vdev_open, ENOMEM, EMFILE, EIO);
ARGS(vdev_close, vdev_arg);
ERRORS(vdev_close, EBADF, ENOSYS);
ARGS(vdev_reopen, vdev_arg);
ERRORS(vdev_reopen, ENOSYS, ENODEV, ENOMEM, EINVAL, EIO, EAGAIN);
ARGS(bar_mmap, vdev_arg, process_arg, addr_arg, length_arg, offset_arg,
     {.name = "flags", .kind = arg_kind::flags, .choices = mmap_flags, .dull = VM_SHARED});
ERRORS(bar_mmap, EBADF, ESRCH, EINVAL, ENOMEM, EOVERFLOW, EEXIST);
ARGS(bar_munmap, vma_arg, process_arg);
ERRORS(bar_munmap, ESRCH);
ARGS(bar_munmap_part, vma_arg, process_arg, offset_arg, length_arg);
ERRORS(bar_munmap_part, ESRCH, EINVAL, ENOMEM);
ARGS(bar_touch, vma_arg, process_arg, offset_arg);
ERRORS(bar_touch, ESRCH, EFAULT, ENOMEM);
ARGS(process_fork, process_arg);
ERRORS(process_fork, ESRCH, EAGAIN, ENOMEM);
ARGS(process_exit, process_arg);
ERRORS(process_exit, ESRCH, EPERM);
ARGS(config_write_command, vdev_arg,
     {.name = "command", .kind = arg_kind::flags, .choices = command_bits, .dull = 0});
ERRORS(config_write_command, EBADF, EIO);
ARGS(config_write_pm, vdev_arg,
     {.name = "state", .kind = arg_kind::choice, .choices = power_states, .dull = PCI_D3hot});
ERRORS(config_write_pm, EBADF, EIO);
ARGS(config_write_flr, vdev_arg,
     {.name = "capability", .kind = arg_kind::choice, .choices = capabilities, .dull = 0});
ERRORS(config_write_flr, EBADF, EIO);
ARGS(vdev_reset, vdev_arg);
ERRORS(vdev_reset, EBADF, EINVAL, EAGAIN, EIO);
ARGS(vdev_hot_reset, vdev_arg,
     {.name = "groups", .kind = arg_kind::choice, .choices = groups_given, .dull = 1});
ERRORS(vdev_hot_reset, EBADF, EINVAL, EBUSY, EIO);
ARGS(low_power_entry, vdev_arg);
ERRORS(low_power_entry, EBADF, EINVAL, EIO);
ARGS(low_power_entry_with_wakeup, vdev_arg);
ERRORS(low_power_entry_with_wakeup, EBADF, EIO, EFAULT, EINVAL);
ARGS(low_power_exit, vdev_arg);
ERRORS(low_power_exit, EBADF, EIO);
ARGS(sysfs_read_config, vdev_arg);
ERRORS(sysfs_read_config, EBADF);
ARGS(set_irqs, vdev_arg);
ERRORS(set_irqs, EBADF, ENOSPC, EIO);
ARGS(bar_read, vdev_arg, offset_arg);
ERRORS(bar_read, EBADF, EINVAL, EIO, EFAULT);
ARGS(bar_write, vdev_arg, offset_arg);
ERRORS(bar_write, EBADF, EINVAL, EIO, EFAULT);
ARGS(ioeventfd, vdev_arg, offset_arg,
     {.name = "value", .kind = arg_kind::choice, .choices = on_or_off, .dull = 1});
ERRORS(ioeventfd, EBADF, EINVAL, EEXIST, ENODEV, ENOSPC, ENOMEM, EIO);
ARGS(signal_eventfd, vdev_arg);
ERRORS(signal_eventfd, EBADF);
ARGS(set_intx, vdev_arg,
     {.name = "action",
      .kind = arg_kind::choice,
      .choices = intx_action_names,
      .dull = INTX_ENABLE});
ERRORS(set_intx, EBADF, EIO, EINVAL, ENOMEM);

u32 id_of(u64 value) { return static_cast<u32>(value); }

call_result vdev_open(world& w, const call_args& a) {
  const long number =
      vfio_pci_probe(w, (a.value[0] & VDEV_VIRTFN) != 0, (a.value[0] & VDEV_NO_RESET) == 0);
  if (number < 0) return {number, 0};
  const int rc = files_can_close() ? vdev_reopen(static_cast<u32>(number)) : 0;
  return {rc, rc == 0 ? static_cast<u64>(number) : 0};
}

call_result bar_mmap(world& w, const call_args& a) {
  file* filp = nullptr;
  vfio_pci_core_device* const vdev = vdev_fget(id_of(a.value[0]), &filp);
  if (vdev == nullptr) return {-EBADF, 0};
  int rc = -ESRCH;
  if (vm_process* const mm = get_process(w, id_of(a.value[1]))) {
    const mmap_request what = {&vdev->mapping, filp, vfio_pci_core_mmap, vdev, id_of(a.value[5])};
    rc = do_mmap(mm, what, a.value[2], a.value[3], a.value[4] >> PAGE_SHIFT);
    put_process(w, mm);
  }
  vdev_fput(filp);
  return {rc, rc == 0 ? a.value[2] : 0};
}

call_result bar_munmap(world& w, const call_args& a) {
  vm_process* const mm = get_process(w, id_of(a.value[1]));
  if (mm == nullptr) return {-ESRCH, 0};
  do_munmap(mm, a.value[0]);
  put_process(w, mm);
  return {};
}

call_result bar_munmap_part(world& w, const call_args& a) {
  vm_process* const mm = get_process(w, id_of(a.value[1]));
  if (mm == nullptr) return {-ESRCH, 0};
  const int rc = do_vmi_munmap(mm, a.value[0] + a.value[2], a.value[3]);
  put_process(w, mm);
  return {rc, 0};
}

call_result bar_touch(world& w, const call_args& a) {
  vm_process* const mm = get_process(w, id_of(a.value[1]));
  if (mm == nullptr) return {-ESRCH, 0};
  const int rc = user_access(mm, a.value[0] + a.value[2]);
  put_process(w, mm);
  return {rc, 0};
}

call_result process_fork(world& w, const call_args& a) {
  vm_process* const mm = get_process(w, id_of(a.value[0]));
  if (mm == nullptr) return {-ESRCH, 0};
  const long id = copy_process(w, mm);
  put_process(w, mm);
  return id < 0 ? call_result{id, 0} : call_result{0, static_cast<u64>(id)};
}

call_result process_exit(world& w, const call_args& a) {
  return {exit_process(w, id_of(a.value[0])), 0};
}

call_result close_vdev(world&, const call_args& a) { return {vdev_close(id_of(a.value[0])), 0}; }
call_result reopen_vdev(world&, const call_args& a) { return {vdev_reopen(id_of(a.value[0])), 0}; }

// The others do something to a device, which its user knows by its file.
using vdev_ptr = vfio_pci_core_device*;
using device_body = int (*)(vdev_ptr, const call_args&);
template <device_body Body>
call_result on_file(world&, const call_args& a) {
  file* filp = nullptr;
  const vdev_ptr vdev = vdev_fget(id_of(a.value[0]), &filp);
  if (vdev == nullptr) return {-EBADF, 0};
  const int rc = Body(vdev, a);
  vdev_fput(filp);
  return {rc, 0};
}
template <device_body Body>
call_result on_device(world&, const call_args& a) {
  const vdev_ptr vdev = vdev_of_bus(id_of(a.value[0]));
  return {vdev == nullptr ? -EBADF : Body(vdev, a), 0};
}
// vfio_device_fops_unl_ioctl and vfio_pci_rw: the device stays awake meanwhile.
template <device_body Body>
int by_ioctl(vdev_ptr v, const call_args& a) {
  if (vfio_device_pm_runtime_get(v) != 0) return -EIO;
  const int rc = Body(v, a);
  vfio_device_pm_runtime_put(v);
  return rc;
}
template <device_body Body>
int by_rw(vdev_ptr v, const call_args& a) {
  if (pm_runtime_resume_and_get(v) != 0) return -EIO;
  const int rc = Body(v, a);
  pm_runtime_put(v);
  return rc;
}
template <device_body Body>
call_result ioctl(world& w, const call_args& a) {
  return on_file<by_ioctl<Body>>(w, a);
}
template <device_body Body>
call_result rw(world& w, const call_args& a) {
  return on_file<by_rw<Body>>(w, a);
}
int write_command(vdev_ptr v, const call_args& a) {
  return vfio_basic_config_write(v, id_of(a.value[1]));
}
int write_pm(vdev_ptr v, const call_args& a) { return vfio_pm_config_write(v, id_of(a.value[1])); }
int write_flr(vdev_ptr v, const call_args& a) { return vfio_flr_config_write(v, a.value[1] != 0); }
int reset(vdev_ptr v, const call_args&) { return vfio_pci_ioctl_reset(v); }
int hot_reset(vdev_ptr, const call_args& a) {
  return vfio_pci_dev_set_hot_reset(this_world().vfio_pci->dev_set, a.value[1] != 0);
}
int enter_low_power(vdev_ptr v, const call_args&) { return vfio_pci_runtime_pm_entry(v, nullptr); }
int enter_to_be_told(vdev_ptr v, const call_args&) { return vfio_pci_core_pm_entry_with_wakeup(v); }
int look(vdev_ptr v, const call_args&) { return pci_read_config(v); }
int leave_low_power(vdev_ptr v, const call_args&) { return vfio_pci_runtime_pm_exit(v); }
int irqs(vdev_ptr v, const call_args&) { return vfio_pci_set_irqs(v); }
int read_bar(vdev_ptr v, const call_args& a) { return vfio_pci_bar_rw(v, a.value[1], false); }
int write_bar(vdev_ptr v, const call_args& a) { return vfio_pci_bar_rw(v, a.value[1], true); }
int set_ioeventfd(vdev_ptr v, const call_args& a) {
  return vfio_pci_ioeventfd(v, a.value[1], a.value[2] != 0);
}
int act_on_intx(vdev_ptr v, const call_args& a) {
  return a.value[1] < intx_actions ? vfio_pci_set_intx(v, static_cast<intx_action>(a.value[1]))
                                   : -EINVAL;
}
int signal(vdev_ptr v, const call_args&) { return eventfd_signal(&v->eventfd); }

#define PCI(file) "drivers/vfio/pci/" file

constexpr flow_info flow_table[] = {
    FLOW(syscall, vdev_open, vdev_open, "vdev",
         "Opens a device on the bus, with its memory enabled.",
         PCI("vfio_pci_core.c:vfio_pci_core_enable")),
    FLOW(syscall, vdev_close, close_vdev, nullptr,
         "Closes its file, which calls under way and areas keep open.",
         PCI("vfio_pci_core.c:vfio_pci_core_close_device")),
    FLOW(syscall, bar_mmap, bar_mmap, "vma", "Maps pages of the BAR into a process.",
         PCI("vfio_pci_core.c:vfio_pci_core_mmap")),
    FLOW(syscall, bar_munmap, bar_munmap, nullptr, "Unmaps what was mapped there.",
         "mm/vma.c:do_vmi_munmap"),
    FLOW(syscall, bar_munmap_part, bar_munmap_part, nullptr,
         "Unmaps a range, and splits the areas that reach beyond it.", "mm/vma.c:do_vmi_munmap"),
    FLOW(syscall, bar_touch, bar_touch, nullptr, "A process accesses a page of the BAR.",
         PCI("vfio_pci_core.c:vfio_pci_mmap_page_fault")),
    FLOW(syscall, process_fork, process_fork, "process",
         "Forks a process, the first one if none is named.", "kernel/fork.c:dup_mm"),
    FLOW(syscall, process_exit, process_exit, nullptr, "A forked process ends.",
         "kernel/exit.c:exit_mm"),
    FLOW(syscall, config_write_command, rw<write_command>, nullptr,
         "Writes the command register: is memory enabled, is INTx disabled?",
         PCI("vfio_pci_config.c:vfio_basic_config_write")),
    FLOW(syscall, config_write_pm, rw<write_pm>, nullptr, "Changes the power state.",
         PCI("vfio_pci_config.c:vfio_pm_config_write")),
    FLOW(syscall, config_write_flr, rw<write_flr>, nullptr,
         "Asks for a reset by a bit of a capability.",
         PCI("vfio_pci_config.c:vfio_exp_config_write")),
    FLOW(syscall, vdev_reset, ioctl<reset>, nullptr, "Resets the device.",
         PCI("vfio_pci_core.c:vfio_pci_ioctl_reset")),
    FLOW(syscall, vdev_hot_reset, ioctl<hot_reset>, nullptr, "Resets all devices of the bus.",
         PCI("vfio_pci_core.c:vfio_pci_dev_set_hot_reset")),
    FLOW(syscall, low_power_entry, ioctl<enter_low_power>, nullptr, "Allows the device to sleep.",
         PCI("vfio_pci_core.c:vfio_pci_core_pm_entry")),
    FLOW(syscall, low_power_entry_with_wakeup, ioctl<enter_to_be_told>, nullptr,
         "Allows the device to sleep, and has its eventfd signalled when it wakes up.",
         PCI("vfio_pci_core.c:vfio_pci_core_pm_entry_with_wakeup")),
    FLOW(syscall, low_power_exit, ioctl<leave_low_power>, nullptr, "Wakes it up again.",
         PCI("vfio_pci_core.c:vfio_pci_core_pm_exit")),
    FLOW(syscall, sysfs_read_config, on_device<look>, nullptr,
         "Somebody else than its user looks at the device, which wakes up for that.",
         "drivers/pci/pci-sysfs.c:pci_read_config"),
    FLOW(syscall, set_irqs, ioctl<irqs>, nullptr, "Sets up interrupts.",
         PCI("vfio_pci_intrs.c:vfio_intx_enable")),
    FLOW(syscall, bar_read, rw<read_bar>, nullptr, "Reads from the BAR through the file.",
         PCI("vfio_pci_rdwr.c:vfio_pci_bar_rw")),
    FLOW(syscall, bar_write, rw<write_bar>, nullptr, "Writes to the BAR through the file.",
         PCI("vfio_pci_rdwr.c:vfio_pci_bar_rw")),
    FLOW(syscall, ioeventfd, ioctl<set_ioeventfd>, nullptr,
         "Binds an eventfd to a write to the BAR, or unbinds it.",
         PCI("vfio_pci_rdwr.c:vfio_pci_ioeventfd")),
    FLOW(syscall, signal_eventfd, on_device<signal>, nullptr, "Signals that eventfd.",
         "fs/eventfd.c:eventfd_signal"),
    FLOW(syscall, vdev_reopen, reopen_vdev, nullptr,
         "Opens a device again that has been closed for the last time.",
         PCI("vfio_pci_core.c:vfio_pci_core_enable")),
    FLOW(syscall, set_intx, ioctl<act_on_intx>, nullptr,
         "Enables, disables, masks or unmasks INTx.",
         PCI("vfio_pci_intrs.c:vfio_pci_set_irqs_ioctl")),
};

}  // namespace

std::span<const flow_info> flows() { return flow_table; }

const class_info* class_called(std::string_view name) {
  if (name == "vdev") return class_of<vfio_pci_core_device>();
  if (name == "vma") return class_of<vm_area_struct>();
  if (name == "process") return class_of<vm_process>();
  return nullptr;
}

}  // namespace iorace::kern::vfio_pci_tables
