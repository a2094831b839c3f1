using Scim.Domain.Audit;

namespace Scim.Api.Admin;

/// <summary>How a verification is told, by the endpoint and by the verb.</summary>
internal static class ChainReports
{
    public static ChainAnswer Shape(ChainReport report) =>
        new(
            report.IsIntact,
            report.Rows,
            report.Seals,
            report.Unsealed,
            report.Kept,
            report.Erased,
            report.Checkpoints,
            report.VouchedSeal,
            report.SignaturesChecked,
            report.SecondPlaceChecked,
            report.DeliveredCheckpoint,
            report.FindingCount,
            [
                .. report.Findings.Select(finding => new ChainFinding(
                    finding.Kind.ToString(),
                    finding.Text,
                    finding.Sequence,
                    finding.Seal,
                    finding.Checkpoint
                )),
            ]
        );
}

internal sealed record ChainAnswer(
    bool Intact,
    long Rows,
    long Seals,
    long UnsealedRows,
    long KeptChanges,
    long ErasedChanges,
    long Checkpoints,
    long VouchedSeal,
    bool SignaturesChecked,
    bool SecondPlaceChecked,
    long? DeliveredCheckpoint,
    long FindingCount,
    IReadOnlyList<ChainFinding> Findings
);

internal sealed record ChainFinding(string Kind, string Text, long? Sequence, long? Seal, long? Checkpoint);
