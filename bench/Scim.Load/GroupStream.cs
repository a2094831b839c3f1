using Scim.Load.Reports;
using Scim.Load.Servers;
using Scim.Load.Workloads;

namespace Scim.Load;

/// <summary>What reading a group with all its members costs in memory, on a host that has done little before.</summary>
internal static class GroupStream
{
    private const int WarmReads = 200;

    public static async Task<IReadOnlyList<StreamedGroup>> MeasureAsync(Deployment deployment, Run run)
    {
        var built = deployment.Ours.Directory.Groups.Keys;
        if (built.Count == 0 || !run.Options.Measures("group"))
        {
            return [];
        }

        var members = built.Max();
        using var server = await Deployment.StartOursAsync(run.Options, deployment.OurDatabase.Database);
        var target = deployment.Ours with
        {
            BaseAddress = new Uri(server.BaseAddress, deployment.Ours.BaseAddress.AbsolutePath),
            Process = new ProcessFigures(server.Id, null, new Uri(server.BaseAddress, "/metrics")),
        };
        var read = Reads.Get().Prepare(target);
        Measurement.Prepare(
            target,
            1,
            worker =>
            {
                for (var i = 0; i < WarmReads; i++)
                {
                    read(worker);
                }
            }
        );
        var idle = target.Process.ResidentBytes();
        var rounds = Measurement.Run(target, Groups.WithMembers(members).Prepare(target), 1, run.Options.Seconds);
        return
        [
            new StreamedGroup(deployment.Kind.ToString(), members, idle, rounds[0].ResidentBytes, rounds[0].Requests),
        ];
    }
}
