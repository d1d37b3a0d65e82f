// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model/world.h"

#include <new>

#include "model/iommufd/file.h"
#include "model/iommufd/ghosts.h"
#include "model/iommufd/iommufd_private.h"
#include "model/iommufd/mock_domain.h"

namespace iorace::kern {

// Bookkeeping that several tasks write; kept away from ThreadSanitizer by being out of line.
#define UNSEEN __attribute__((noinline, no_sanitize("thread")))

UNSEEN world& this_world() { return *static_cast<world*>(specimen()); }

UNSEEN task_local& this_task() {
  task_local*& mine = this_world().task[current_task()];
  if (mine == nullptr) mine = ::new (scratch(sizeof(task_local))) task_local{};
  return *mine;
}

UNSEEN unsigned chosen(knob::id k) {
  world& w = this_world();
  w.consulted |= u64{1} << k;
  return w.knob[k];
}

UNSEEN void probe_reached(probe::id p) { this_world().reached |= u64{1} << p; }

void cut_if_below_kernel(limit::id l) {
  if (limit_value(l) < limits()[l].value) cut(limits()[l].name);
}

UNSEEN std::uint64_t knobs_consulted(const world& w) { return w.consulted; }
UNSEEN std::uint64_t probes_reached(const world& w) { return w.reached; }

world* make_world(const config& c) {
  auto* const w = ::new (scratch(sizeof(world))) world{};
  for (unsigned i = 0; i < knob::count; ++i) w->knob[i] = static_cast<u8>(c.knobs[i]);
  for (unsigned i = 0; i < limit::count; ++i) w->limit[i] = c.limits[i];
  w->ghost = ::new (scratch(sizeof(ghosts))) ghosts{};
  specimen() = w;
  w->mm = make_mm();
  w->files = alloc_files();
  file* const filp = make_file(file_kind::iommufd);
  w->ictx = iommufd_fops_open(filp);
  filp->private_data.poke(w->ictx);
  return w;
}

// Every open access, in the order of the descriptors.
static void close_all_files(world& w) {
  unsigned long fd = 0;
  void* entry = xa_find(&w.files->fdt, &fd, ULONG_MAX);
  for (; entry != nullptr; entry = xa_find_after(&w.files->fdt, &fd, ULONG_MAX)) {
    fput(file_close_fd(static_cast<int>(fd)));
    task_work_run();
  }
}

// Judges what must hold when nothing is left in use: no page pinned.
static void judge_pages(world& w) {
  for (u64 i = 0; i < w.limit[limit::user_pages]; ++i)
    if (atomic_peek(&w.pages[i].pincount) != 0)
      convict("pinned-at-end", {"finish_world", current_task()}, {nullptr, no_task},
              "a page is still pinned after everything has been released");
}

void finish_world(world& w) {
  close_all_files(w);
  file* const filp = w.ictx->file;
  fput(filp);
  task_work_run();
  judge_pages(w);
  kfree(w.files);
  free_mm(w.mm);
  check_leaks();
}

}  // namespace iorace::kern
