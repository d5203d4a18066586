/* A DMA heap for kernels that have none: LD_PRELOADed, /dev/dma_heap/... is anonymous memory.
 *
 * libcamera's virtual camera and picamera2 share frames through it, and processor memory is all that they need.
 * And operator new gives zeros: libcamera 0.4.0's virtual camera leaves the status of its frames unset, and picamera2
 * drops those that it reads as failed (mended in libcamera 0.5).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAP "/dev/dma_heap/"

static bool is_heap(const char *path) { return path && strncmp(path, HEAP, strlen(HEAP)) == 0; }

static int made(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

#define OPEN(name)                                                                                 \
  int name(const char *path, int flags, ...) {                                                     \
    va_list rest;                                                                                  \
    va_start(rest, flags);                                                                         \
    mode_t mode = mode_of(flags, rest);                                                            \
    va_end(rest);                                                                                  \
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);                                 \
    return is_heap(path) ? made("heap") : real(path, flags, mode);                                 \
  }
OPEN(open)
OPEN(open64)

int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  if (request == DMA_HEAP_IOCTL_ALLOC) {
    struct dma_heap_allocation_data *asked = argument;
    int buffer = made("buffer");
    if (buffer < 0 || ftruncate(buffer, (off_t)asked->len) < 0)
      return -1;
    asked->fd = (__u32)buffer;
    return 0;
  }
  /* Of processor memory there is no other copy, and its name is of use to nobody. */
  if (request == DMA_BUF_IOCTL_SYNC || request == DMA_BUF_SET_NAME_A || request == DMA_BUF_SET_NAME_B)
    return 0;
  int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
  return real(fd, request, argument);
}

/* operator new(unsigned long) */
void *_Znwm(size_t bytes) {
  void *memory = calloc(1, bytes ? bytes : 1);
  if (!memory)
    abort();
  return memory;
}
