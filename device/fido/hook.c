// The transport of cards under libfido2, and what go-libfido2 lacks or leaves behind. hook.go has the Go side.
//
// Linked with --wrap=NAME, every call of NAME, go-libfido2's too, comes to __wrap_NAME here, and __real_NAME is
// libfido2's own.

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE // explicit_bzero
#endif
#define __STDC_WANT_LIB_EXT1__ 1 // memset_s, on macOS

#include <string.h>
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN // without wincrypt.h, whose names openssl has too
#include <windows.h>
#endif

#include "_cgo_export.h"
#include "hook.h"

#include <fido/credman.h>

#if __has_include(<fido/config.h>)
#include <fido/config.h> // since libfido2 1.7
#define HAVE_CONFIG
#endif

static void
wipe(const char *secret)
{
	if (secret == NULL)
		return;
#ifdef _WIN32
	SecureZeroMemory((void *)secret, strlen(secret));
#elif defined(__APPLE__)
	memset_s((void *)secret, strlen(secret), 0, strlen(secret));
#else
	explicit_bzero((void *)secret, strlen(secret));
#endif
}

#ifndef __APPLE__ // whose linker has no --wrap

// A session is open before libfido2 is and stays open after it, so that there is nothing to open or close; and
// libfido2 does not read or write itself once it has a transport. But it insists on all four.
static char no_handle;

static void *
io_open(const char *path)
{
	(void)path;
	return &no_handle;
}

static void
io_close(void *handle)
{
	(void)handle;
}

static int
io_read(void *handle, unsigned char *buf, size_t len, int ms)
{
	(void)handle, (void)buf, (void)len, (void)ms;
	return -1;
}

static int
io_write(void *handle, const unsigned char *buf, size_t len)
{
	(void)handle, (void)buf, (void)len;
	return -1;
}

static int
transport_tx(fido_dev_t *dev, uint8_t cmd, const unsigned char *buf, size_t len)
{
	return fidoSend((uintptr_t)dev, cmd, (unsigned char *)buf, len);
}

static int
transport_rx(fido_dev_t *dev, uint8_t cmd, unsigned char *buf, size_t len, int ms)
{
	(void)ms; // the session has its own sense of time
	return fidoReceive((uintptr_t)dev, cmd, buf, len);
}

int __real_fido_dev_open(fido_dev_t *, const char *);
int
__wrap_fido_dev_open(fido_dev_t *dev, const char *path)
{
	static const fido_dev_io_t io = { io_open, io_close, io_read, io_write };
	static const fido_dev_transport_t transport = { transport_rx, transport_tx };
	int r;

	if (fidoOpening((uintptr_t)dev, (char *)path) == OPENS_OVER_SESSION &&
	    ((r = fido_dev_set_io_functions(dev, &io)) != FIDO_OK ||
	    (r = fido_dev_set_transport_functions(dev, &transport)) != FIDO_OK))
		return r;
	if ((r = __real_fido_dev_open(dev, path)) == FIDO_OK)
		fidoOpened((uintptr_t)dev);
	return r;
}

int __real_fido_dev_close(fido_dev_t *);
int
__wrap_fido_dev_close(fido_dev_t *dev)
{
	fidoClosing((uintptr_t)dev);
	return __real_fido_dev_close(dev);
}

int __real_fido_dev_make_cred(fido_dev_t *, fido_cred_t *, const char *);
int
__wrap_fido_dev_make_cred(fido_dev_t *dev, fido_cred_t *cred, const char *pin)
{
	int r;

	if ((r = fidoExclude((uintptr_t)dev, cred)) == FIDO_OK)
		r = __real_fido_dev_make_cred(dev, cred, pin);
	wipe(pin);
	return r;
}

int __real_fido_dev_get_assert(fido_dev_t *, fido_assert_t *, const char *);
int
__wrap_fido_dev_get_assert(fido_dev_t *dev, fido_assert_t *assert, const char *pin)
{
	int r;

	if ((r = __real_fido_dev_get_assert(dev, assert, pin)) == FIDO_OK)
		fidoAsserted((uintptr_t)dev, assert);
	wipe(pin);
	return r;
}

int __real_fido_dev_set_pin(fido_dev_t *, const char *, const char *);
int
__wrap_fido_dev_set_pin(fido_dev_t *dev, const char *pin, const char *old)
{
	int r = __real_fido_dev_set_pin(dev, pin, old);

	wipe(pin);
	wipe(old);
	return r;
}

int __real_fido_credman_get_dev_metadata(fido_dev_t *, fido_credman_metadata_t *, const char *);
int
__wrap_fido_credman_get_dev_metadata(fido_dev_t *dev, fido_credman_metadata_t *metadata, const char *pin)
{
	int r = __real_fido_credman_get_dev_metadata(dev, metadata, pin);

	wipe(pin);
	return r;
}

int __real_fido_credman_get_dev_rp(fido_dev_t *, fido_credman_rp_t *, const char *);
int
__wrap_fido_credman_get_dev_rp(fido_dev_t *dev, fido_credman_rp_t *rp, const char *pin)
{
	int r = __real_fido_credman_get_dev_rp(dev, rp, pin);

	wipe(pin);
	return r;
}

int __real_fido_credman_get_dev_rk(fido_dev_t *, const char *, fido_credman_rk_t *, const char *);
int
__wrap_fido_credman_get_dev_rk(fido_dev_t *dev, const char *rp_id, fido_credman_rk_t *rk, const char *pin)
{
	int r = __real_fido_credman_get_dev_rk(dev, rp_id, rk, pin);

	wipe(pin);
	return r;
}

int __real_fido_credman_del_dev_rk(fido_dev_t *, const unsigned char *, size_t, const char *);
int
__wrap_fido_credman_del_dev_rk(fido_dev_t *dev, const unsigned char *id, size_t len, const char *pin)
{
	int r = __real_fido_credman_del_dev_rk(dev, id, len, pin);

	wipe(pin);
	return r;
}

#endif // __APPLE__

int
fido_hook_configure(const char *path, const char *pin, size_t min_length)
{
	int r = FIDO_ERR_UNSUPPORTED_OPTION;
#ifdef HAVE_CONFIG
	fido_dev_t *dev = fido_dev_new();

	if (dev == NULL)
		r = FIDO_ERR_INTERNAL;
	else if ((r = fido_dev_open(dev, path)) == FIDO_OK) {
		if (min_length > 0)
			r = fido_dev_set_pin_minlen(dev, min_length, pin);
		else
			r = fido_dev_force_pin_change(dev, pin);
		fido_dev_close(dev);
	}
	fido_dev_free(&dev);
#else
	(void)path, (void)min_length;
#endif
	wipe(pin);
	return r;
}

void
fido_hook_cancel(uintptr_t dev)
{
	(void)fido_dev_cancel((fido_dev_t *)dev);
}
