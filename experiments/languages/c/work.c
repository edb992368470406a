/* What the plugins of every language time: so many passes over n numbers. Each
 * addition waits for the one before it, so that a processor is never faster in one
 * program than in another. */
#include <stdint.h>

double work(const double *x, int64_t n, int64_t passes)
{
	double sum = 0;
	for (int64_t pass = 0; pass < passes; pass++)
		for (int64_t i = 0; i < n; i++)
			sum += x[i];
	return sum;
}
