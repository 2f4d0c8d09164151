/* What each engine reads.  All of them run OUT/chunk NUMBER once a chunk, after one OUT/preflight. */

#include "plan_internal.h"

/* A launch of theirs costs about a second (a job of its own on a node), a process of GNU parallel some
   milliseconds, or an ssh. */
enum { CHUNK_CLUSTER = 20, CHUNK_PARALLEL = 5, SLURM_ARRAY = 1000 };

static void
put_head(FILE *to, const gbx_planned *planned, const char *what)
{
    fprintf(to, "#!/bin/sh\n%sset -eu\nhere=", what);
    gbx_quote_shell(to, planned->out);
    fputc('\n', to);
}

static void
put_next(FILE *to, const char *when)
{
    fprintf(to, "echo \"%s:\"\necho \"  glassbox merge '$here' --list '$here/list' --out DIR\"\n", when);
}

static int
put_numbers(FILE *to, const gbx_planned *planned)
{
    for (size_t i = 1; i <= planned->plan->chunks; i++) {
        fprintf(to, "%zu\n", i);
    }
    return 0;
}

/* ------------------------------------------------------------------------ Slurm */

static int
put_slurm_preflight(FILE *to, const gbx_planned *planned)
{
    fputs("#!/bin/sh\n"
          "#SBATCH --job-name=glassbox-preflight\n"
          "#SBATCH --ntasks=1\n"
          "exec ", to);
    gbx_quote_shell(to, planned->out);
    fputs("/preflight\n", to);
    return 0;
}

static int
put_slurm_array(FILE *to, const gbx_planned *planned)
{
    fprintf(to, "#!/bin/sh\n"
            "#SBATCH --job-name=glassbox-grade\n"
            "#SBATCH --ntasks=1\n"
            "#SBATCH --requeue\n"
            "#SBATCH --array=1-%zu", planned->plan->chunks);
    if (planned->plan->cap > 0) {
        fprintf(to, "%%%u", planned->plan->cap);
    }
    fputs("\nexec ", to);
    gbx_quote_shell(to, planned->out);
    fputs("/chunk \"$SLURM_ARRAY_TASK_ID\" \"${SLURM_CPUS_PER_TASK:-1}\"\n", to);
    return 0;
}

static int
put_slurm_submit(FILE *to, const gbx_planned *planned)
{
    put_head(to, planned, "# Starts the grading under Slurm: submit [OPTION of sbatch...], as --partition=NAME or --time=60.\n"
             "# One task looks first whether a node can grade; the array begins only when it says yes.\n");
    fputs("log=", to);
    gbx_quote_slurm(to, planned->out);
    fputs("/log\n"
          "look=$(sbatch --parsable --output=\"$log/preflight.txt\" \"$@\" \"$here/preflight.sbatch\")\n"
          "look=${look%%;*}\n"
          "array=$(sbatch --parsable --dependency=\"afterok:$look\" --kill-on-invalid-dep=yes \\\n"
          "    --output=\"$log/chunk-%a.txt\" \"$@\" \"$here/grade.sbatch\")\n"
          "array=${array%%;*}\n"
          "echo \"job $look looks at a node (what it says: log/preflight.txt), array $array grades\"\n", to);
    put_next(to, "when 'squeue' has neither any more");
    return 0;
}

static int
write_slurm(const gbx_planned *planned, gbx_error *error)
{
    int status = gbx_plan_file(planned, "preflight.sbatch", false, put_slurm_preflight, error);
    status = status != 0 ? status : gbx_plan_file(planned, "grade.sbatch", false, put_slurm_array, error);
    return status != 0 ? status : gbx_plan_file(planned, "submit", true, put_slurm_submit, error);
}

const gbx_plan_engine_kind gbx_plan_slurm = { "slurm", CHUNK_CLUSTER, SLURM_ARRAY, write_slurm };

/* ----------------------------------------------------------------- GNU parallel */

/* Whole commands, a line each: so parallel has no template, in which it would replace {} and the like. */
static int
put_commands(FILE *to, const gbx_planned *planned)
{
    for (size_t i = 1; i <= planned->plan->chunks; i++) {
        gbx_quote_shell(to, planned->out);
        fprintf(to, "/chunk %zu\n", i);
    }
    return 0;
}

static int
put_look(FILE *to, const gbx_planned *planned)
{
    gbx_quote_shell(to, planned->out);
    fputs("/preflight\n", to);
    return 0;
}

static int
put_parallel_submit(FILE *to, const gbx_planned *planned)
{
    put_head(to, planned, "# Grades with GNU parallel: submit [OPTION of parallel...]. Here, or on hosts that see this folder under the\n"
             "# same name: submit --sshloginfile HOSTS. Run again, it goes on with what is not done or failed.\n");
    fputs("parallel --onall \"$@\" :::: \"$here/look\" || {\n"
          "    echo 'glassbox: a host cannot grade, nothing was started: see above' >&2\n"
          "    exit 75\n"
          "}\n"
          "status=0\n"
          "parallel", to);
    if (planned->plan->cap > 0) {
        fprintf(to, " --jobs %u", planned->plan->cap);
    }
    fputs(" \"$@\" --joblog \"$here/log/joblog\" --resume-failed \\\n"
          "    :::: \"$here/commands\" >>\"$here/log/chunks.txt\" || status=$?\n"
          "if [ \"$status\" -ne 0 ]; then\n"
          "    echo \"glassbox: $status chunks failed: see log/joblog, run this again\" >&2\n"
          "    exit 75\n"
          "fi\n", to);
    put_next(to, "all chunks are graded");
    return 0;
}

static int
write_parallel(const gbx_planned *planned, gbx_error *error)
{
    int status = gbx_plan_file(planned, "commands", false, put_commands, error);
    status = status != 0 ? status : gbx_plan_file(planned, "look", false, put_look, error);
    return status != 0 ? status : gbx_plan_file(planned, "submit", true, put_parallel_submit, error);
}

const gbx_plan_engine_kind gbx_plan_parallel = { "parallel", CHUNK_PARALLEL, 0, write_parallel };

/* ---------------------------------------------------------------------- HTCondor */

/* Every name in it is relative to this folder, from where `submit` calls: so none has to be quoted. */
static int
put_condor_look(FILE *to, const gbx_planned *planned)
{
    (void)planned;
    fputs("# Can a node of this pool grade? Written by `glassbox plan`.\n"
          "universe = vanilla\n"
          "executable = preflight\n"
          "transfer_executable = false\n"
          "should_transfer_files = no\n"
          "request_cpus = 1\n"
          "log = log/preflight.log\n"
          "output = log/preflight.out\n"
          "error = log/preflight.err\n"
          "queue\n", to);
    return 0;
}

static int
put_condor_grade(FILE *to, const gbx_planned *planned)
{
    fputs("# One job a chunk. Written by `glassbox plan`.\n"
          "universe = vanilla\n"
          "executable = chunk\n"
          "transfer_executable = false\n"
          "arguments = $(number)\n"
          "should_transfer_files = no\n"
          "request_cpus = 1\n"
          "log = log/grade.log\n"
          "output = log/chunk-$(number).out\n"
          "error = log/chunk-$(number).err\n"
          "max_retries = 2\n", to);
    if (planned->plan->cap > 0) {
        fprintf(to, "max_materialize = %u\n", planned->plan->cap);
    }
    fputs("queue number from numbers\n", to);
    return 0;
}

static int
put_condor_submit(FILE *to, const gbx_planned *planned)
{
    put_head(to, planned, "# Starts the grading under HTCondor: submit [OPTION of condor_submit...].\n"
             "# One job looks first whether a node can grade; the others are queued only when it says yes.\n");
    fputs("cd \"$here\"\n"
          "rm -f log/preflight.log log/preflight.out log/preflight.err\n"
          "condor_submit \"$@\" preflight.sub\n"
          "condor_wait log/preflight.log\n"
          "cat log/preflight.out log/preflight.err\n"
          "grep -q '^this node can grade' log/preflight.out || {\n"
          "    echo 'glassbox: the node cannot grade, nothing was queued: see above' >&2\n"
          "    exit 75\n"
          "}\n"
          "condor_submit \"$@\" grade.sub\n", to);
    put_next(to, "when 'condor_q' has none of them any more");
    return 0;
}

static int
write_condor(const gbx_planned *planned, gbx_error *error)
{
    int status = gbx_plan_file(planned, "numbers", false, put_numbers, error);
    status = status != 0 ? status : gbx_plan_file(planned, "preflight.sub", false, put_condor_look, error);
    status = status != 0 ? status : gbx_plan_file(planned, "grade.sub", false, put_condor_grade, error);
    return status != 0 ? status : gbx_plan_file(planned, "submit", true, put_condor_submit, error);
}

const gbx_plan_engine_kind gbx_plan_htcondor = { "htcondor", CHUNK_CLUSTER, 0, write_condor };
