/*
 * `make coverage` links this file into every program (-Wl,--wrap). A process
 * that ends itself with a signal or with _exit() then writes its counts first.
 * A process that another process kills writes none.
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
