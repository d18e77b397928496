/*
 * A small trainer that uses the library in memory, without files. It fits a logistic regression by
 * gradient descent. In each epoch, ib_rule_decide() decides which samples are pruned, and
 * ib_scores_fold() stores the losses.
 *
 * The test passes if the pruned run has nearly the same result as the run on all data.
 */
#include <infobatch.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 4000, EPOCHS = 40, D = 3 };

static double x[N][D];
static int y[N];
static char name[N][16];
static struct ib_span id[N];

static double
uniform(unsigned long long *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (double)(*state >> 11) * 0x1p-53;
}

static void
make_data(void)
{
	const double truth[D] = { 0.5, 2, -1 };
	unsigned long long state = 1;
	double z;
	int i, k;

	for (i = 0; i < N; i++) {
		x[i][0] = 1;
		for (k = 1; k < D; k++)
			x[i][k] = 4 * uniform(&state) - 2;
		for (z = 0, k = 0; k < D; k++)
			z += truth[k] * x[i][k];
		y[i] = uniform(&state) < 1 / (1 + exp(-z));
		id[i].p = name[i];
		id[i].n = (size_t)snprintf(name[i], sizeof(name[i]), "sample/%d", i);
	}
}

static double
forward(const double *w, int i, double *slope)
{
	double z = 0, p;
	int k;

	for (k = 0; k < D; k++)
		z += w[k] * x[i][k];
	p = 1 / (1 + exp(-z));
	*slope = p - y[i];
	return y[i] ? -log(p) : -log(1 - p);
}

/* Train. Returns the number of visits, or -1 on failure. */
static long
train(double *w, bool prune)
{
	static double weight[N];
	static struct ib_span visited[N];
	static float loss[N];
	struct ib_decisions decisions = { .size = sizeof(decisions), .weight = weight };
	struct ib_rule_options *options = ib_rule_options_new();
	struct ib_scores *scores = NULL;
	struct ib_rule *rule = NULL;
	struct ib_error err = { .text = "out of memory" };
	double gradient[D], slope, w_i;
	long visits = 0;
	bool done = false;
	size_t n;
	int e, i, k;

	if (!options || ib_rule_options_set(options, "epochs", "40", &err) ||
	    ib_scores_new(&scores, &err))
		goto done;
	for (e = 0; e < EPOCHS; e++) {
		if (ib_rule_new(options, e, scores, &rule, &err) ||
		    ib_rule_decide(rule, id, N, &decisions, &err))
			goto done;
		ib_rule_free(rule);
		rule = NULL;
		for (k = 0; k < D; k++)
			gradient[k] = 0;
		for (n = 0, i = 0; i < N; i++) {
			w_i = prune ? weight[i] : 1;
			if (w_i == 0)
				continue;
			loss[n] = (float)forward(w, i, &slope);
			visited[n++] = id[i];
			for (k = 0; k < D; k++)
				gradient[k] += w_i * slope * x[i][k] / N;
		}
		for (k = 0; k < D; k++)
			w[k] -= 2 * gradient[k];
		visits += (long)n;
		if (ib_scores_fold(scores, visited, loss, n, e, 0, &err))
			goto done;
	}
	done = true;
done:
	if (!done)
		fprintf(stderr, "trainer: %s\n", err.text);
	ib_rule_free(rule);
	ib_rule_options_free(options);
	ib_scores_free(scores);
	return done ? visits : -1;
}

int
main(void)
{
	double full[D] = { 0 }, pruned[D] = { 0 }, off = 0;
	long all, some;
	int k;

	make_data();
	all = train(full, false);
	some = train(pruned, true);
	if (all < 0 || some < 0)
		return 1;
	for (k = 0; k < D; k++)
		off = fmax(off, fabs(full[k] - pruned[k]));
	printf("trainer: %ld visits instead of %ld, coefficients within %.3f\n", some, all, off);
	/* The first and last epochs keep all samples. In the others, about 60 % are below the mean.
	 */
	return !(some < 85 * all / 100 && off < 0.05);
}
