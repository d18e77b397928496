/*
 * Linked into what `make coverage` builds (-Wl,--wrap): a process that ends
 * itself by a signal or by _exit writes its counts first. Those that others
 * kill write none.
 */
#include <signal.h>
#include <unistd.h>

void __gcov_dump(void);
int __real_raise(int sig);
_Noreturn void __real__exit(int status);
int __wrap_raise(int sig);
_Noreturn void __wrap__exit(int status);

int
__wrap_raise(int sig)
{
	__gcov_dump();
	return __real_raise(sig);
}

_Noreturn void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
