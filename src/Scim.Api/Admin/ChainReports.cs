using Scim.Domain.Audit;

namespace Scim.Api.Admin;

/// <summary>How a verification is told, by the endpoint and by the verb.</summary>
internal static class ChainReports
{
    public static object Shape(ChainReport report) =>
        new
        {
            intact = report.IsIntact,
            rows = report.Rows,
            seals = report.Seals,
            unsealedRows = report.Unsealed,
            keptChanges = report.Kept,
            erasedChanges = report.Erased,
            checkpoints = report.Checkpoints,
            vouchedSeal = report.VouchedSeal,
            signaturesChecked = report.SignaturesChecked,
            secondPlaceChecked = report.SecondPlaceChecked,
            deliveredCheckpoint = report.DeliveredCheckpoint,
            findingCount = report.FindingCount,
            findings = report.Findings.Select(finding => new
            {
                kind = finding.Kind.ToString(),
                text = finding.Text,
                sequence = finding.Sequence,
                seal = finding.Seal,
                checkpoint = finding.Checkpoint,
            }),
        };
}
